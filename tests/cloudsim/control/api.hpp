#pragma once

#include "cloudsim/control/control.hpp"

// The control API as JSON, for the program. README.md has a table of its calls.
namespace cloudsim {

class control_api
{
public:
    explicit control_api(const control& controlled) : control_(controlled) {}

    reply answer(const request& asked) const;

private:
    const control& control_;
};

}  // namespace cloudsim
