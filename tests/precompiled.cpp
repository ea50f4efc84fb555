#include "precompiled.hpp"

// An empty program, whose compiled header the tests share.
int main() {}
