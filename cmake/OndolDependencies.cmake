# Every dependency is a package of the system; a missing one is named as Debian calls it.
find_package(Threads REQUIRED)

macro(ondol_need package debian)
  find_package(${package} ${ARGN} QUIET)
  if(NOT ${package}_FOUND)
    message(FATAL_ERROR "Ondol needs ${package}, which was not found. On Debian: apt-get install ${debian}")
  endif()
endmacro()

ondol_need(fmt libfmt-dev)
ondol_need(simdjson libsimdjson-dev)
ondol_need(Eigen3 libeigen3-dev)
ondol_need(ZLIB zlib1g-dev)
ondol_need(PkgConfig pkg-config)

macro(ondol_need_pkgconfig target module debian)
  pkg_check_modules(${target} QUIET IMPORTED_TARGET ${module})
  if(NOT ${target}_FOUND)
    message(FATAL_ERROR "Ondol needs ${module}, which was not found. On Debian: apt-get install ${debian}")
  endif()
endmacro()

ondol_need_pkgconfig(PCRE2 libpcre2-8 libpcre2-dev)
ondol_need_pkgconfig(UTF8PROC libutf8proc libutf8proc-dev)
ondol_need_pkgconfig(SENTENCEPIECE sentencepiece libsentencepiece-dev)

# The system's oneDNN, or an own build under ONDOL_ONEDNN_ROOT.
set(ONDOL_ONEDNN_ROOT "" CACHE PATH "Prefix of a oneDNN to use instead of the system's")
if(ONDOL_ONEDNN_ROOT)
  find_package(dnnl QUIET PATHS ${ONDOL_ONEDNN_ROOT} NO_DEFAULT_PATH)
else()
  find_package(dnnl QUIET)
endif()
if(NOT dnnl_FOUND)
  message(FATAL_ERROR "Ondol needs oneDNN, which was not found. On Debian: apt-get install libdnnl-dev; "
                      "or set ONDOL_ONEDNN_ROOT to the prefix of an own build")
endif()
