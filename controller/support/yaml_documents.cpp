#include "support/yaml_documents.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>

namespace support {
namespace {

class ignored_events final : public YAML::EventHandler
{
public:
    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
    void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
    void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
    void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value)
        override
    {}
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override
    {}
    void OnMapEnd() override {}
};

}  // namespace

bool has_second_yaml_document(const std::string& text)
{
    // Not by YAML::LoadAll, which never ends at some texts, such as "a: b" before a line of "}".
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    ignored_events ignored;
    return parser.HandleNextDocument(ignored) && parser.HandleNextDocument(ignored);
}

std::string hint_about_tabs(std::string_view text, int line)
{
    for (; line > 0 && text.contains('\n'); --line)
    {
        text.remove_prefix(text.find('\n') + 1);
    }
    const auto indented = std::min(text.find_first_not_of(" \t"), text.size());
    const bool by_tab = line == 0 && text.substr(0, indented).contains('\t');
    return by_tab ? "; YAML allows no tabs for indentation, use spaces" : "";
}

}  // namespace support
