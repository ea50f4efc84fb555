#include "crd/cluster.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <sstream>

// How kubectl shows and selects bindings.
namespace test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::SizeIs;
using testing::StartsWith;

using row = std::vector<std::string>;

// A table of kubectl as its cells; columns begin where their headings do.
std::vector<row> cells(const std::string& table)
{
    std::istringstream lines(table);
    std::string heading;
    std::getline(lines, heading);
    std::vector<std::size_t> begins;
    for (std::size_t i = 0; i < heading.size(); ++i)
    {
        if (heading[i] != ' ' && (i == 0 || heading[i - 1] == ' '))
        {
            begins.push_back(i);
        }
    }
    std::vector<row> result;
    for (std::string line = heading; !line.empty(); line.clear(), std::getline(lines, line))
    {
        row& added = result.emplace_back();
        for (std::size_t i = 0; i < begins.size(); ++i)
        {
            const auto end = i + 1 < begins.size() ? begins[i + 1] : std::string::npos;
            std::string cell = begins[i] < line.size() ? line.substr(begins[i], end - begins[i]) : "";
            cell.erase(cell.find_last_not_of(' ') + 1);
            added.push_back(std::move(cell));
        }
    }
    return result;
}

std::vector<row> shown(std::vector<std::string> arguments)
{
    const auto result = kubernetes->kubectl(std::move(arguments));
    EXPECT_TRUE(succeeds(result));
    return cells(result.out);
}

class crd_display : public crd
{
protected:
    void SetUp() override { ASSERT_TRUE(succeeds(create(least_binding("shop")))); }
};

const json failed_status{
    {"state", "error"},
    {"errorMessage", "the certificate expired on 2030-01-02T03:04:05Z"},
    {"certificate", {{"id", certificate_id}, {"status", "ACTIVE"}, {"expiresAt", "2030-01-02T03:04:05Z"}}},
    {"conditions",
     {{{"type", "Stalled"},
       {"status", "True"},
       {"reason", "Other"},
       {"message", ""},
       {"lastTransitionTime", "2026-11-24T10:00:00Z"}},
      {{"type", "Ready"},
       {"status", "False"},
       {"reason", "CertificateExpired"},
       {"message", ""},
       {"lastTransitionTime", "2026-11-24T10:00:00Z"}}}},
};

TEST_F(crd_display, shows_readiness_reason_and_expiry)
{
    ASSERT_TRUE(succeeds(patch_status("shop", {{"status", failed_status}})));
    EXPECT_THAT(
        shown({"get", "certbind"}),
        ElementsAre(
            row{"NAME", "READY", "REASON", "SNI", "EXPIRES", "AGE"},
            ElementsAre(
                "shop",
                "False",
                "CertificateExpired",
                "false",
                "2030-01-02T03:04:05Z",
                MatchesRegex("[0-9ms]+")
            )
        )
    );
}

TEST_F(crd_display, takes_at_most_120_columns)
{
    const std::string name(40, 'n');
    json status = failed_status;
    status["conditions"][1]["reason"] = "CertificateAccessDenied";
    ASSERT_TRUE(succeeds(create(least_binding(name))));
    ASSERT_TRUE(succeeds(patch_status(name, {{"status", status}})));
    std::istringstream lines(kubernetes->kubectl({"get", "certbind"}).out);
    for (std::string line; std::getline(lines, line);)
    {
        EXPECT_LE(line.size(), 120U) << line;
    }
}

TEST_F(crd_display, shows_the_ids_and_the_error_too_where_there_is_room)
{
    ASSERT_TRUE(succeeds(patch_status("shop", {{"status", failed_status}})));
    const auto table = shown({"get", "certbind", "-o", "wide"});
    ASSERT_THAT(table, SizeIs(2));
    EXPECT_THAT(
        table[0],
        ElementsAre(
            "NAME", "READY", "REASON", "SNI", "EXPIRES", "AGE", "CERTIFICATE", "LISTENER", "STATUS", "ERROR"
        )
    );
    EXPECT_EQ(table[1][6], certificate_id);
    EXPECT_EQ(table[1][7], listener_id);
    EXPECT_EQ(table[1][8], "error");
    EXPECT_EQ(table[1][9], "the certificate expired on 2030-01-02T03:04:05Z");
}

TEST_F(crd_display, shows_nothing_of_an_unseen_binding_but_its_spec)
{
    EXPECT_THAT(
        shown({"get", "certbind"})[1], ElementsAre("shop", "", "", "false", "", MatchesRegex("[0-9ms]+"))
    );
}

TEST_F(crd_display, knows_the_resource_by_all_its_names)
{
    for (const auto* name : {"certbind", "certificatebinding", "certificatebindings", crd_name})
    {
        EXPECT_TRUE(succeeds(kubernetes->kubectl({"get", name, "shop"}))) << name;
    }
    EXPECT_THAT(
        kubernetes->kubectl({"api-resources", "--categories=bycloud", "-o", "name"}).out, HasSubstr(crd_name)
    );
    // kubectl takes a category before the plural of another resource: cert-manager's Certificates.
    EXPECT_NE(kubernetes->kubectl({"get", "certificates"}).code, 0);
}

TEST_F(crd_display, finds_bindings_by_certificate_listener_and_region)
{
    json other = least_binding("other");
    other["spec"] = {
        {"certificateId", other_certificate_id}, {"resourceId", other_listener_id}, {"region", "RegionOne"}
    };
    ASSERT_TRUE(succeeds(create(other)));
    const auto selected = [](const std::string& selector) {
        return kubernetes->kubectl({"get", "certbind", "-o", "name", "--field-selector", selector});
    };
    constexpr auto only_other = "certificatebinding.certificates.bycloud.io/other\n";
    EXPECT_EQ(selected("spec.certificateId=" + std::string(other_certificate_id)).out, only_other);
    EXPECT_EQ(selected("spec.resourceId=" + std::string(other_listener_id)).out, only_other);
    EXPECT_EQ(selected("spec.region=RegionOne").out, only_other);
    EXPECT_EQ(selected("spec.region!=sao1").out, only_other);
    EXPECT_THAT(selected("spec.deletionPolicy=Detach").err, HasSubstr("field label not supported"));
}

json schema()
{
    const auto crd = kubernetes->kubectl({"get", "crd", crd_name, "-o", "json"});
    EXPECT_TRUE(succeeds(crd));
    return json::parse(crd.out)["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
}

// Everything below `shape`, which is at `path`: paths as kubectl explain wants them.
void for_each_field(
    const json& shape,
    const std::string& path,
    const std::function<void(const std::string& path, const json& shape)>& visit
)
{
    const json& inner = shape.contains("items") ? shape.at("items") : shape;
    for (const auto& [name, field] : inner.value("properties", json::object()).items())
    {
        visit(path + "." + name, field);
        for_each_field(field, path + "." + name, visit);
    }
}

// The words without line breaks, because kubectl breaks lines.
std::string words(const std::string& text)
{
    std::istringstream in(text);
    std::string result;
    for (std::string word; in >> word;)
    {
        result += word + " ";
    }
    return result;
}

TEST_F(crd_display, explains_every_field)
{
    const json root = schema();
    EXPECT_THAT(
        words(kubernetes->kubectl({"explain", "certbind"}).out),
        HasSubstr(words(root.value("description", "")))
    );
    int fields = 0;
    for (const auto* part : {"spec", "status"})
    {
        for_each_field(
            root.at("properties").at(part),
            std::string("certbind.") + part,
            [&](const std::string& path, const json& field) {
                SCOPED_TRACE(path);
                ++fields;
                ASSERT_THAT(field.value("description", ""), Not(IsEmpty()));
                EXPECT_THAT(
                    words(kubernetes->kubectl({"explain", path}).out),
                    HasSubstr("DESCRIPTION: " + words(field.value("description", "")))
                );
            }
        );
    }
    EXPECT_GE(fields, 30);
}

TEST_F(crd_display, says_what_the_columns_are)
{
    const auto crd = kubernetes->kubectl({"get", "crd", crd_name, "-o", "json"});
    for (const json& column : json::parse(crd.out)["spec"]["versions"][0]["additionalPrinterColumns"])
    {
        EXPECT_THAT(column.value("description", ""), Not(IsEmpty())) << column.at("name");
    }
}

}  // namespace
}  // namespace test
