#include "binding/resource/service_ref.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace binding {
namespace {

constexpr std::string_view certificates = "/v1/certificates/";
constexpr std::string_view bindings = "/bindings/";
constexpr std::size_t uuid_length = 36;

}  // namespace

cloud::container_ref ref_of(const service_ref& names)
{
    std::string path = std::string(certificates) + names.certificate.str();
    if (names.binding)
    {
        path += std::string(bindings) + names.binding->str();
    }
    return cloud::container_ref(path);
}

std::optional<service_ref> parse_service_ref(const cloud::container_ref& ref)
{
    const std::string whole = ref.str();
    std::string_view text = whole;
    if (!text.starts_with(certificates))
    {
        return std::nullopt;
    }
    text.remove_prefix(certificates.size());
    const auto certificate = support::uuid::parse(text.substr(0, uuid_length));
    text.remove_prefix(std::min(text.size(), uuid_length));
    if (!certificate || text.empty())
    {
        return certificate ? std::optional(service_ref{*certificate}) : std::nullopt;
    }
    if (!text.starts_with(bindings))
    {
        return std::nullopt;
    }
    const auto binding = support::uuid::parse(text.substr(bindings.size()));
    return binding ? std::optional(service_ref{*certificate, binding}) : std::nullopt;
}

}  // namespace binding
