#include "cloud/openstack/barbican_answers.hpp"

#include "cloud/json.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace cloud::openstack {
namespace {

constexpr std::size_t most_parts = 16;
constexpr std::string_view certificate_type = "certificate";
constexpr std::array<std::string_view, 2> needed_parts{"certificate", "private_key"};

bool is_ref_of(ref_kind kind, const container_ref& ref)
{
    const auto name = ref.name();
    return name && name->kind == kind;
}

}  // namespace

const container_part* container::find(std::string_view name) const
{
    const auto it = std::ranges::find(parts, name, &container_part::name);
    return it == parts.end() ? nullptr : &*it;
}

std::string_view container::missing_part() const
{
    const auto missing =
        std::ranges::find_if(needed_parts, [this](std::string_view name) { return find(name) == nullptr; });
    return missing == needed_parts.end() ? std::string_view() : *missing;
}

bool container::is_certificate() const
{
    return type == certificate_type;
}

std::expected<secret_metadata, std::string> read_secret(const nlohmann::json& object)
{
    const auto ref = text_member(object, "secret_ref");
    auto status = text_member(object, "status");
    if (!ref || !status)
    {
        return std::unexpected("secret_ref or status is missing");
    }
    container_ref named(*ref);
    if (!is_ref_of(ref_kind::secret, named))
    {
        return std::unexpected("secret_ref names no secret");
    }
    auto content_type = text_member(member(object, "content_types"), "default");
    return secret_metadata{std::move(named), std::move(*status), std::move(content_type).value_or("")};
}

std::expected<secret_metadata, std::string> read_secret(std::string_view body, support::uuid id)
{
    auto read = read_secret(parse_json(body));
    if (read && read->id() != id)
    {
        return std::unexpected("the answer is about another secret");
    }
    return read;
}

std::expected<container, std::string> read_container(const nlohmann::json& object)
{
    const auto ref = text_member(object, "container_ref");
    auto type = text_member(object, "type");
    auto status = text_member(object, "status");
    const auto& secret_refs = member(object, "secret_refs");
    if (!ref || !type || !status || !secret_refs.is_array() || secret_refs.size() > most_parts)
    {
        return std::unexpected("container_ref, type, status or secret_refs is missing or malformed");
    }
    container_ref named(*ref);
    if (!is_ref_of(ref_kind::container, named))
    {
        return std::unexpected("container_ref names no container");
    }
    container metadata{std::move(named), std::move(*type), std::move(*status), {}};
    for (const auto& part : secret_refs)
    {
        const auto name = container_ref(text_member(part, "secret_ref").value_or("")).name();
        if (!name || name->kind != ref_kind::secret)
        {
            return std::unexpected("secret_refs lists a ref that is not a secret");
        }
        metadata.parts.push_back({text_member(part, "name").value_or(""), name->id});
    }
    return metadata;
}

std::expected<container, std::string> read_container(std::string_view body, support::uuid id)
{
    auto read = read_container(parse_json(body));
    if (read && read->id() != id)
    {
        return std::unexpected("the answer is about another container");
    }
    return read;
}

}  // namespace cloud::openstack
