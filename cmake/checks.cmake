# Checks of the tree itself that are quick enough to run with the tests; the rest is `./lab check`.
add_test(NAME layering COMMAND ${CMAKE_SOURCE_DIR}/.lab/layering.sh ${CMAKE_SOURCE_DIR})
# The checker sees what it is there for.
add_test(NAME layering.red COMMAND ${CMAKE_SOURCE_DIR}/.lab/layering.sh --red)
set_tests_properties(layering layering.red PROPERTIES TIMEOUT 60)
