#include "cloud/openstack/allowed_urls.hpp"
#include "cloud/openstack/clouds_yaml.hpp"
#include "cloud/openstack/tenant_entry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <string>
#include <vector>

// The readers of clouds.yaml with every file of the corpus cut off at each byte, and with files of which some
// bytes are changed.
namespace {

// The files of tests/clouds_yaml/corpus: the indented lines after each "file".
std::vector<std::string> corpus()
{
    std::vector<std::string> files;
    std::ifstream lines(CORPUS);
    for (std::string line; std::getline(lines, line);)
    {
        if (line.starts_with("file "))
        {
            files.emplace_back();
        }
        else if (line.starts_with("    ") && !files.empty())
        {
            std::string text = line.substr(4) + "\n";
            for (const auto& [mark, url] :
                 {std::pair("@HTTP@", "http://ks.example"), {"@HTTPS@", "https://ks.example"}})
            {
                for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark))
                {
                    text.replace(at, std::string_view(mark).size(), url);
                }
            }
            files.back() += text;
        }
    }
    return files;
}

const std::vector<std::string>& files()
{
    static const auto read = corpus();
    return read;
}

support::result<std::string> no_file(const std::string&)
{
    return support::fail(support::errc::invalid, "there are no files");
}

class mutations : public testing::Test
{
protected:
    // Reads the text in each place of a file. A failure is one line.
    void read(const std::string& text)
    {
        using namespace cloud::openstack;
        entry_sources sources;
        sources.clouds = {"clouds.yaml", text};
        expect_one_line(read_cloud_entry(sources, "", no_file), text);
        sources.clouds.text = "clouds: {prod: {profile: mine, auth: {auth_url: https://ks.example}}}";
        (++turn_ % 2 == 0 ? sources.secure : sources.vendors) = {"other.yaml", text};
        expect_one_line(read_cloud_entry(sources, "prod", no_file), text);
        expect_one_line(parse_tenant_entry({text, "", "prod", "Secret"}, allowed_), text);
    }

    void expect_one_line(const support::result<cloud::openstack::cloud_entry>& entry, const std::string& text)
    {
        ++(entry ? taken : refused);
        if (!entry && (entry.error().code != support::errc::invalid || entry.error().message.empty() ||
                       entry.error().message.contains('\n')))
        {
            ADD_FAILURE() << entry.error().message << "\n" << text;
        }
    }

    int taken = 0;
    int refused = 0;

private:
    int turn_ = 0;
    const cloud::openstack::allowed_urls allowed_ = cloud::openstack::allowed_urls::parse({"*"}).value();
};

TEST_F(mutations, every_prefix_is_taken_or_refused_in_one_line)
{
    ASSERT_GT(files().size(), 60U);
    // Most files differ in few bytes; of those that begin alike, each beginning is read once.
    std::vector<std::string> prefixes;
    for (const auto& file : files())
    {
        for (std::size_t length = 0; length <= file.size(); ++length)
        {
            prefixes.push_back(file.substr(0, length));
        }
    }
    std::ranges::sort(prefixes);
    const auto rest = std::ranges::unique(prefixes);
    prefixes.erase(rest.begin(), rest.end());
    for (const auto& prefix : prefixes)
    {
        read(prefix);
    }
    EXPECT_GT(taken, 0);
    EXPECT_GT(refused, 0);
}

TEST_F(mutations, ten_thousand_changed_files_are_taken_or_refused_in_one_line)
{
    constexpr std::string_view signs = "{}[]:,&*<>!|-?#'\"%@`\\ \n\t\r\0\xff\xc3\xa9~0aT";
    std::mt19937 random(20260101);
    const auto below = [&random](std::size_t bound) {
        return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random);
    };
    for (int i = 0; i < 10'000; ++i)
    {
        std::string text = files()[below(files().size())];
        for (std::size_t changes = 1 + below(4); changes > 0 && !text.empty(); --changes)
        {
            const auto at = below(text.size());
            switch (below(4))
            {
                case 0:
                    text[at] = signs[below(signs.size())];
                    break;
                case 1:
                    text.insert(at, 1, signs[below(signs.size())]);
                    break;
                case 2:
                    text.erase(at, 1 + below(8));
                    break;
                default:
                    // A piece of another file.
                    const auto& other = files()[below(files().size())];
                    const auto from = below(other.size());
                    text.insert(at, other.substr(from, below(40)));
                    break;
            }
        }
        read(text);
    }
    EXPECT_GT(taken, 500);
    EXPECT_GT(refused, 500);
}

}  // namespace
