#include "precompiled.hpp"

// The program whose compiled header the tests share; it does nothing.
int main() {}
