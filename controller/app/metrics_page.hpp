#pragma once

#include "binding/index/binding_index.hpp"

#include <functional>
#include <optional>
#include <prometheus/metric_family.h>
#include <string>
#include <vector>

namespace app {

// The metrics page in Prometheus' text format, in pieces; empty after the last: first the families of
// `small`, then, with `expiries`, a sample of each binding, some bindings per piece, and last the families
// that were counted while the bindings were walked. `bindings` must outlive the last piece.
// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
std::function<std::optional<std::string>()> metrics_page(
    const std::vector<prometheus::MetricFamily>& small, const binding::binding_index& bindings, bool expiries
);

}  // namespace app
