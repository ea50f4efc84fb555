#include "kube/kubeconfig.hpp"
#include "kubeconfigs/corpus.hpp"
#include "kubeconfigs/fill_in.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

// Kubeconfigs that were cut or changed on their way: whatever they hold, they are read, or refused in one
// line.
namespace kubeconfigs {
namespace {

const words values{
    {"HOST", "h:1"},
    {"PORT", "1"},
    {"SERVER", "https://h:1"},
    {"CA_DATA", "Q0E="},
    {"CA_LINES", "Q0\n      E="},
    {"CERT_DATA", "Q0U="},
    {"KEY_DATA", "S0VZ"},
    {"DIR", "/d"},
};

// The kubeconfigs of the corpus, each once.
std::vector<std::string> texts()
{
    std::vector<std::string> all;
    for (const corpus_case& one : corpus())
    {
        for (const corpus_file& file : one.files)
        {
            if (!file.name.ends_with(".sh") && !file.text.starts_with("$"))
            {
                all.push_back(fill_in(file.text, values));
            }
        }
    }
    std::ranges::sort(all);
    const auto same = std::ranges::unique(all);
    all.erase(same.begin(), same.end());
    return all;
}

// Whether the text is read, or refused as it must be.
testing::AssertionResult is_read_or_refused_well(const std::string& text)
{
    const auto config = kube::read_kubeconfig({{"/kc", text}}, "");
    if (config)
    {
        return testing::AssertionSuccess();
    }
    const std::string& message = config.error().message;
    const bool one_line =
        std::ranges::none_of(message, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    if (config.error().code == support::errc::invalid && one_line && message.starts_with("kubeconfig /kc") &&
        message.size() < 2000)
    {
        return testing::AssertionSuccess();
    }
    return testing::AssertionFailure() << "\"" << message << "\" for\n" << text;
}

TEST(kubeconfig_mutations, every_beginning_of_a_kubeconfig_is_read_or_refused_in_one_line)
{
    std::string last;
    for (const std::string& text : texts())
    {
        // The texts are sorted, and what two of them have in common is read once.
        const auto differs = std::ranges::mismatch(last, text).in2;
        for (auto size = static_cast<std::size_t>(differs - text.begin()); size <= text.size(); ++size)
        {
            ASSERT_TRUE(is_read_or_refused_well(text.substr(0, size)));
        }
        last = text;
    }
}

// Puts a byte, removes or doubles a piece, or puts in a piece of another text.
std::string mutated(std::string text, const std::vector<std::string>& all, std::mt19937& random)
{
    const auto up_to = [&random](std::size_t most) { return random() % (most + 1); };
    constexpr std::string_view marks = "{}[]:,&*!|>-'\"#%@`~\n\t \\<?\x00\x01\x7f\xc3\xff";
    for (std::size_t changes = 1 + up_to(2); changes > 0; --changes)
    {
        const std::size_t at = up_to(text.size());
        const std::size_t size = up_to(20);
        switch (random() % 5)
        {
            case 0:
                text.insert(at, 1, marks[up_to(marks.size() - 1)]);
                break;
            case 1:
                text.erase(at, size);
                break;
            case 2:
                text.insert(at, text.substr(at, size));
                break;
            case 3:
                text.replace(
                    at, std::min<std::size_t>(1, text.size() - at), 1, marks[up_to(marks.size() - 1)]
                );
                break;
            default:
                const std::string& other = all[up_to(all.size() - 1)];
                text.insert(at, other.substr(up_to(other.size()), size));
        }
    }
    return text;
}

TEST(kubeconfig_mutations, ten_thousand_changed_kubeconfigs_are_read_or_refused_in_one_line)
{
    const auto all = texts();
    std::mt19937 random(1);
    for (int i = 0; i < 10'000; ++i)
    {
        ASSERT_TRUE(is_read_or_refused_well(mutated(all[random() % all.size()], all, random)));
    }
}

}  // namespace
}  // namespace kubeconfigs
