# Headers, both libraries, and what CMake (find_package) and pkg-config need to find them.
include(CMakePackageConfigHelpers)

install(TARGETS ondol ondol_c EXPORT ondolTargets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY include/ondol DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN *.hpp)
install(FILES capi/ondol.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# A static libondol leaves its dependencies to who links it; a shared one and the C library have theirs inside.
set(ONDOL_PC_REQUIRES "")
set(ONDOL_PC_LIBS "")
if(NOT BUILD_SHARED_LIBS)
  set(ONDOL_PC_REQUIRES "fmt simdjson libpcre2-8 libutf8proc sentencepiece zlib")
  set(ONDOL_PC_LIBS "-ldnnl -pthread -lstdc++")
  foreach(dependency Threads::Threads fmt::fmt simdjson::simdjson DNNL::dnnl ZLIB::ZLIB PkgConfig::PCRE2
                     PkgConfig::UTF8PROC PkgConfig::SENTENCEPIECE)
    target_link_libraries(ondol INTERFACE $<INSTALL_INTERFACE:$<LINK_ONLY:${dependency}>>)
  endforeach()
endif()

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/ondol)
install(EXPORT ondolTargets NAMESPACE ondol:: DESTINATION ${package_folder})
configure_package_config_file(cmake/ondolConfig.cmake.in ${PROJECT_BINARY_DIR}/ondolConfig.cmake
                              INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/ondolConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/ondolConfig.cmake ${PROJECT_BINARY_DIR}/ondolConfigVersion.cmake
        DESTINATION ${package_folder})

# pkg-config's files say where they are relative to themselves, so that an installed tree may be moved.
file(RELATIVE_PATH ONDOL_PC_INCLUDE ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_FULL_INCLUDEDIR})
foreach(module ondol ondol-c)
  configure_file(cmake/${module}.pc.in ${PROJECT_BINARY_DIR}/${module}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${module}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
