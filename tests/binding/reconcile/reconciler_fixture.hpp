#pragma once

#include "binding/reconcile/pass_fixture.hpp"

namespace test {

class reconciler : public passes_by_hand
{};

}  // namespace test
