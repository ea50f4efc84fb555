#include "app/label_selector.hpp"

#include <regex>
#include <vector>

namespace app {
namespace {

// Splits at the commas that are not in parentheses.
std::vector<std::string> requirements_in(const std::string& text)
{
    std::vector<std::string> all(1);
    int depth = 0;
    for (const char c : text)
    {
        depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        if (c == ',' && depth == 0)
        {
            all.emplace_back();
        }
        else
        {
            all.back() += c;
        }
    }
    return all;
}

bool is_requirement(const std::string& text)
{
    static const std::string prefix = R"(([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?)";
    static const std::string name = R"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)";
    static const std::string value = "(" + name + ")?";
    static const std::string key = prefix + name;
    static const std::string list = R"(\(\s*)" + value + R"(\s*(,\s*)" + value + R"(\s*)*\))";
    static const std::regex form(
        R"(\s*(!\s*)" + key + "|" + key + R"((\s*(==?|!=)\s*)" + value + R"(|\s+(in|notin)\s*)" + list +
        R"(|\s*[<>]\s*-?[0-9]+)?)\s*)"
    );
    return std::regex_match(text, form);
}

}  // namespace

support::result<> check_label_selector(const std::string& text)
{
    constexpr std::size_t longest = 4096;
    if (text.size() > longest)
    {
        return support::fail(support::errc::invalid, "the selector has more than 4096 characters");
    }
    for (const std::string& requirement : requirements_in(text))
    {
        if (!is_requirement(requirement))
        {
            return support::fail(
                support::errc::invalid,
                "\"" + requirement +
                    "\" selects no labels; write it as in region=sao1, tier!=test or region in (sao1,mia1), "
                    "several of them with commas"
            );
        }
    }
    return {};
}

}  // namespace app
