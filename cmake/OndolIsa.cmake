# An ISA's object is compiled with that ISA's flags; nothing else is. Those of another machine's are empty objects.
set(isa_flags_base "")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|amd64")
  set(isa_flags_avx2 -mavx2 -mfma -mf16c -mbmi2)
  set(isa_flags_avxvnni ${isa_flags_avx2} -mavxvnni)
  set(isa_flags_avx512 ${isa_flags_avx2} -mavx512f -mavx512bw -mavx512dq -mavx512vl)
  set(isa_flags_avx512vnni ${isa_flags_avx512} -mavx512vnni)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  set(isa_flags_neon -march=armv8.2-a+dotprod+fp16)
endif()

# For the sources of the calling directory; `lib` is the path to lib/ there.
function(ondol_set_isa_flags lib)
  foreach(isa base avx2 avxvnni avx512 avx512vnni neon)
    set_source_files_properties(${lib}/kernels/isa/${isa}.cpp PROPERTIES
      COMPILE_OPTIONS "-O3;-fno-exceptions;-fno-rtti;-fno-math-errno;-Wno-maybe-uninitialized;-Wno-uninitialized;${isa_flags_${isa}}")
  endforeach()
endfunction()
