#include "app/metrics_page.hpp"

#include "app/metric_families.hpp"
#include "binding/resource/reason.hpp"

#include <array>
#include <cstddef>
#include <prometheus/text_serializer.h>
#include <sstream>
#include <string_view>
#include <utility>

namespace app {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

std::string text_of(const std::vector<MetricFamily>& families)
{
    std::ostringstream text;
    prometheus::TextSerializer().Serialize(text, families);
    return std::move(text).str();
}

void append_escaped(std::string& text, std::string_view label)
{
    for (const char c : label)
    {
        if (c == '\\' || c == '"' || c == '\n')
        {
            text += '\\';
        }
        text += c == '\n' ? 'n' : c;
    }
}

// This family has one sample per binding. It is written as text directly, because the library would hold all
// samples in memory as objects.
constexpr std::string_view expiration = "certificatebinding_certificate_expiration_timestamp_seconds";

std::string begin_expirations()
{
    const std::string name(expiration);
    return "# HELP " + name +
           " When the certificate of the binding expires (notAfter), in seconds since 1970.\n# TYPE " + name +
           " gauge\n";
}

void append_expiration(std::string& text, const binding::certificate_binding& binding)
{
    const auto& certificate = binding.status.certificate;
    if (certificate.expires_at && certificate.id == binding.spec.certificate_id)
    {
        text += expiration;
        text += "{namespace=\"";
        append_escaped(text, binding.name_space.view());
        text += "\",name=\"";
        append_escaped(text, binding.name);
        text += "\"} ";
        text += std::to_string(certificate.expires_at->time_since_epoch().count());
        text += '\n';
    }
}

using counts_by_reason = std::array<std::size_t, binding::reason_count>;

MetricFamily by_reason(std::string name, std::string help, const counts_by_reason& counts)
{
    read_family family(std::move(name), std::move(help), MetricType::Gauge);
    for (std::size_t i = 0; i < counts.size(); ++i)
    {
        const auto reason = static_cast<binding::reason>(i);
        if (reason != binding::reason::certificate_active)  // a reason of another condition
        {
            family.add(
                static_cast<double>(counts.at(i)), {{"reason", std::string(binding::name_of(reason))}}
            );
        }
    }
    return family.take();
}

class pieces
{
public:
    // `expiries`: with a sample of each binding.
    pieces(std::string first, const binding::binding_index& bindings, bool expiries)
        : first_(std::move(first) + (expiries ? begin_expirations() : "")),
          walk_(bindings),
          expiries_(expiries)
    {}

    std::optional<std::string> operator()()
    {
        if (ended_)
        {
            return std::nullopt;
        }
        std::string piece = std::exchange(first_, {});
        ended_ = !walk_.go_on(bindings_of_a_piece, [&](const binding::certificate_binding& binding) {
            const auto reason = binding.status[binding::condition_type::ready].reason;
            ++bindings_.at(static_cast<std::size_t>(reason));
            const auto& stalled = binding.status[binding::condition_type::stalled];
            if (stalled.status == binding::condition_status::true_)
            {
                ++stalled_.at(static_cast<std::size_t>(stalled.reason));
            }
            if (expiries_)
            {
                append_expiration(piece, binding);
            }
        });
        return ended_ ? piece + text_of(counted()) : std::move(piece);
    }

private:
    static constexpr std::size_t bindings_of_a_piece = 250;

    std::vector<MetricFamily> counted() const
    {
        return {
            by_reason(
                "certificatebinding_bindings",
                "Number of bindings by the reason of their condition Ready; an empty reason means no status "
                "yet.",
                bindings_
            ),
            by_reason(
                "certificatebinding_stalled",
                "Number of bindings that need a person, by the reason of their condition Stalled.",
                stalled_
            ),
        };
    }

    std::string first_;
    binding::binding_index::walk walk_;
    bool expiries_;
    counts_by_reason bindings_{};
    counts_by_reason stalled_{};
    bool ended_ = false;
};

}  // namespace

std::function<std::optional<std::string>()> metrics_page(
    const std::vector<MetricFamily>& small, const binding::binding_index& bindings, bool expiries
)
{
    return pieces(text_of(small), bindings, expiries);
}

}  // namespace app
