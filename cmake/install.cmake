# What is installed, and the Debian packages made of it: rtclab (program, scenarios, pages) and
# rtclab-dev (static libraries, headers, pkg-config). `./lab package` builds and tries both.
if(NOT FUZZ_ENGINE STREQUAL none OR NOT "${LIB_FUZZING_ENGINE}" STREQUAL "")
  return() # such a build is no product
endif()
include(GNUInstallDirs)
set(share ${CMAKE_INSTALL_DATADIR}/rtclab)
# where the program looks last: after RTCLAB_SHARE and the folders around itself
set_source_files_properties(harness/cli/cli.c PROPERTIES
  COMPILE_DEFINITIONS RTCLAB_INSTALLED="${CMAKE_INSTALL_FULL_DATADIR}/rtclab")

install(TARGETS rtclab RUNTIME COMPONENT program)
install(DIRECTORY scenarios vectors DESTINATION ${share} COMPONENT program USE_SOURCE_PERMISSIONS
  PATTERN "CMakeLists.txt" EXCLUDE)
install(DIRECTORY reports DESTINATION ${share} COMPONENT program
  PATTERN "out" EXCLUDE)

# Manual pages and completion: drawn by the program from its help.
set(drawn ${CMAKE_BINARY_DIR}/drawn)
set(ask ${CMAKE_COMMAND} -E env RTCLAB_SHARE=${CMAKE_SOURCE_DIR} LLVM_PROFILE_FILE=/dev/null
  $<TARGET_FILE:rtclab> help)
add_custom_command(OUTPUT ${drawn}/done
  COMMAND ${CMAKE_COMMAND} -E rm -rf ${drawn}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${drawn}/man
  COMMAND ${ask} --man-pages ${drawn}/man
  COMMAND ${ask} --completion bash > ${drawn}/rtclab
  COMMAND ${ask} --completion zsh > ${drawn}/_rtclab
  COMMAND gzip -9n ${drawn}/man/*
  COMMAND ${CMAKE_COMMAND} -E touch ${drawn}/done
  DEPENDS rtclab ${CMAKE_SOURCE_DIR}/scenarios/profiles/schema.json
    ${CMAKE_SOURCE_DIR}/docs/json.md)
add_custom_target(drawn ALL DEPENDS ${drawn}/done)
foreach(section 1 5)
  install(DIRECTORY ${drawn}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section} COMPONENT program
    FILES_MATCHING PATTERN "*.${section}.gz")
endforeach()
install(FILES ${drawn}/rtclab DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
  COMPONENT program)
install(FILES ${drawn}/_rtclab DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions
  COMPONENT program)
install(FILES docs/json.md DESTINATION ${share}/docs COMPONENT program) # a page is drawn from it
install(FILES docs/relay.md docs/architecture.md
  DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)

# Libraries: headers keep their paths, as the sources write them.
install(TARGETS rtclab_codecs rtclab_harness ARCHIVE COMPONENT dev)
foreach(folder codecs harness)
  install(DIRECTORY ${folder} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/rtclab COMPONENT dev
    FILES_MATCHING PATTERN "*.h" PATTERN "*.def"
    PATTERN "*_toy.h" EXCLUDE PATTERN "*_impl.h" EXCLUDE PATTERN "test.h" EXCLUDE
    PATTERN "*_test.h" EXCLUDE
    PATTERN "outside.h" EXCLUDE # for tests, as test.h is
    PATTERN "harness/cli" EXCLUDE PATTERN "harness/tests" EXCLUDE PATTERN "harness/core/gen" EXCLUDE
    PATTERN "testdata" EXCLUDE)
endforeach()
install(FILES docs/examples/lint_stdin.c DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/rtclab-dev/examples
  COMPONENT dev)
file(RELATIVE_PATH RTCLAB_PC_UP ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" RTCLAB_PC_UP "${RTCLAB_PC_UP}")
foreach(library codecs harness)
  configure_file(cmake/package/rtclab-${library}.pc.in rtclab-${library}.pc @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/rtclab-${library}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
    COMPONENT dev)
endforeach()

set(RTCLAB_CONTACT "the authors of rtclab <rtclab@localhost>" CACHE STRING
  "who maintains the Debian packages: NAME <ADDRESS>")
# Debian's rules: a changelog and a copyright in each package.
execute_process(COMMAND date -u -R -d ${RTCLAB_DATE} OUTPUT_VARIABLE RTCLAB_DATE_RFC
  OUTPUT_STRIP_TRAILING_WHITESPACE)
configure_file(cmake/package/changelog.in package/changelog @ONLY)
execute_process(COMMAND gzip -9nkf ${CMAKE_BINARY_DIR}/package/changelog)
foreach(package rtclab rtclab-dev)
  if(package STREQUAL rtclab)
    set(component program)
  else()
    set(component dev)
  endif()
  install(FILES ${CMAKE_BINARY_DIR}/package/changelog.gz cmake/package/copyright
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package} COMPONENT ${component})
endforeach()

install(FILES cmake/package/lintian-overrides DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides
  RENAME rtclab COMPONENT program)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME rtclab)
set(CPACK_PACKAGE_VENDOR "the authors of rtclab")
set(CPACK_PACKAGE_CONTACT "${RTCLAB_CONTACT}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/packages)
set(CPACK_COMPONENTS_ALL program dev)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME rtclab)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_DEPENDS "libpcap0.8, libsrtp2-1") # loaded late, so that no tool sees them
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS "ca-certificates")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS "wireshark-common, jq, python3")
set(CPACK_DEBIAN_PROGRAM_DESCRIPTION
"conformance tests and fuzzing for real-time communication
Runs conformance cases against implementations of real-time communication
protocols, clause by clause of the standards, reads captures, replays and
impairs traffic, and fuzzes parsers and live servers.")
set(CPACK_DEBIAN_DEV_PACKAGE_NAME rtclab-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS
  "libssl-dev, libuv1-dev, liblua5.4-dev, libjansson-dev, libpcap-dev, libsrtp2-dev, libidn-dev, libunistring-dev, zlib1g-dev")
set(CPACK_DEBIAN_DEV_DESCRIPTION
"codecs and harness of rtclab as libraries
The static libraries behind rtclab with their headers: codecs that find each
violation of a standard, sans-I/O endpoints, watchers, drivers and reports.")
include(CPack)

# The installed tree, away from the sources: .lab/installed.sh says what is tried.
add_test(NAME installed COMMAND ${CMAKE_SOURCE_DIR}/.lab/installed.sh ${CMAKE_BINARY_DIR})
add_test(NAME installed.red COMMAND ${CMAKE_SOURCE_DIR}/.lab/installed.sh --red ${CMAKE_BINARY_DIR})
set_tests_properties(installed installed.red PROPERTIES TIMEOUT 300 SKIP_RETURN_CODE 77
  ENVIRONMENT "CC=${CMAKE_C_COMPILER};CFLAGS=$<$<BOOL:${RTCLAB_SANITIZE}>:-fsanitize=address,undefined -no-pie>")
