#include "binding/reconcile/other_controllers.hpp"

#include "binding/resource/certificate_binding.hpp"
#include "fakes/kubernetes/unasked_kube.hpp"
#include "support/loop.hpp"
#include "support/rfc3339.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;

constexpr auto ours = "certificate-binding-controller/north";
constexpr auto theirs = "certificate-binding-controller/south";

std::string uid_of(int number)
{
    return "00000000-0000-4000-8000-00000000000" + std::to_string(number);
}

// As the API server shows a binding with an entry in its ledger; `managers` of its status, the last one
// newest.
json shown_object(int number, const std::string& created, const std::vector<std::string>& managers)
{
    json fields = json::array();
    int second = 9;
    for (auto each = managers.rbegin(); each != managers.rend(); ++each)
    {
        const auto time = "2026-01-05T00:00:0" + std::to_string(second--) + "Z";
        fields.push_back({{"manager", *each}, {"subresource", "status"}, {"time", time}});
    }
    return {
        {"metadata",
         {{"name", "b" + std::to_string(number)},
          {"namespace", "shop"},
          {"uid", uid_of(number)},
          {"creationTimestamp", created},
          {"managedFields", std::move(fields)}}},
        {"status", {{"attachments", json::array({{{"containerRef", "http://kms/v1/containers/x"}}})}}}
    };
}

std::string shown(int number, const std::string& created, const std::vector<std::string>& managers)
{
    return shown_object(number, created, managers).dump();
}

binding::certificate_binding mine(int number, const std::string& created)
{
    binding::certificate_binding object;
    object.uid = *support::uuid::parse(uid_of(number));
    object.name = "m" + std::to_string(number);
    object.name_space = support::interned("shop");
    object.created = *support::parse_rfc3339(created);
    return object;
}

TEST(binding_elsewhere, has_the_controller_that_wrote_its_status_last)
{
    const auto read = binding::read_binding_elsewhere(shown(1, "2026-01-01T00:00:00Z", {ours, theirs}));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->name, "shop/b1");
    EXPECT_EQ(read->manager, theirs);
    EXPECT_EQ(read->uid, uid_of(1));
    EXPECT_EQ(
        binding::read_binding_elsewhere(shown(1, "2026-01-01T00:00:00Z", {theirs, ours}))->manager, ours
    );
    EXPECT_EQ(binding::read_binding_elsewhere(shown(1, "2026-01-01T00:00:00Z", {"kubectl"}))->manager, "");
}

TEST(binding_elsewhere, is_none_that_holds_nothing_or_is_being_deleted)
{
    json object = shown_object(1, "2026-01-01T00:00:00Z", {theirs});
    object["metadata"]["deletionTimestamp"] = "2026-01-06T00:00:00Z";
    EXPECT_FALSE(binding::read_binding_elsewhere(object.dump()));
    object = shown_object(1, "2026-01-01T00:00:00Z", {theirs});
    object["status"]["attachments"] = json::array();
    EXPECT_FALSE(binding::read_binding_elsewhere(object.dump()));
    object.erase("status");
    EXPECT_FALSE(binding::read_binding_elsewhere(object.dump()));
    EXPECT_FALSE(binding::read_binding_elsewhere("{"));
    EXPECT_FALSE(binding::read_binding_elsewhere(R"({"metadata": 1})"));
}

TEST(listener_of_two_controllers, belongs_to_that_of_the_oldest_binding)
{
    const auto older = mine(1, "2026-01-01T00:00:00Z");
    const auto younger = mine(2, "2026-01-03T00:00:00Z");
    const auto elsewhere = [](const std::string& created, int number) {
        return std::vector{binding::binding_elsewhere{"shop/b", theirs, created, uid_of(number)}};
    };
    EXPECT_FALSE(binding::why_not_ours({&older, &younger}, elsewhere("2026-01-02T00:00:00Z", 9), ours));
    const auto why = binding::why_not_ours({&younger}, elsewhere("2026-01-02T00:00:00Z", 9), ours);
    ASSERT_TRUE(why);
    EXPECT_THAT(*why, HasSubstr(theirs));
    EXPECT_THAT(*why, HasSubstr("shop/b"));
    EXPECT_THAT(*why, HasSubstr("--label-selector"));
    const auto left = binding::why_not_ours({&younger}, elsewhere("2026-01-02T00:00:00Z", 9), theirs);
    EXPECT_THAT(*left, HasSubstr("another controller has this listener")) << "it left a moment ago";
    // Of the same second the smaller uid is the older one.
    EXPECT_FALSE(binding::why_not_ours({&older}, elsewhere("2026-01-01T00:00:00Z", 9), ours));
    EXPECT_TRUE(binding::why_not_ours({&older}, elsewhere("2026-01-01T00:00:00Z", 0), ours));
    EXPECT_FALSE(binding::why_not_ours({&older}, elsewhere("yesterday", 0), ours));
    EXPECT_FALSE(binding::why_not_ours({}, elsewhere("2026-01-01T00:00:00Z", 0), ours));
}

class page final : public kube::list_page
{
public:
    explicit page(std::vector<std::string> texts)
        : texts_(std::move(texts)), items_(texts_.begin(), texts_.end())
    {}
    std::span<const kube::object_json> items() const override { return items_; }
    const std::string& resource_version() const override { return version_; }
    const std::string& continue_token() const override { return none_; }

private:
    std::vector<std::string> texts_;
    std::vector<kube::object_json> items_;
    std::string version_ = "1";
    std::string none_;
};

// An API server that answers lists alone.
class lister final : public test::unasked_kube
{
public:
    support::task<support::result<std::unique_ptr<kube::list_page>>> list(kube::list_request request) override
    {
        asked.push_back(request.name_space + " " + request.field_selector);
        if (away)
        {
            co_return support::fail(support::errc::unreachable, "away");
        }
        if (forbidden)
        {
            co_return std::unexpected(support::error{support::errc::status, "forbidden", 403, {}});
        }
        co_return std::make_unique<page>(texts);
    }

    bool away = false;
    bool forbidden = false;
    std::vector<std::string> texts;
    std::vector<std::string> asked;
};

class few_bindings final : public binding::binding_store
{
public:
    std::vector<const binding::certificate_binding*> bindings_of(const binding::target&) const override
    {
        std::vector<const binding::certificate_binding*> found;
        for (const auto& [uid, object] : all)
        {
            found.push_back(&object);
        }
        return found;
    }
    std::vector<binding::target> targets() const override { return {}; }
    std::vector<binding::target> targets_on(const binding::target&) const override { return {}; }
    const binding::certificate_binding* find(const support::uuid& uid) const override
    {
        const auto found = all.find(uid);
        return found == all.end() ? nullptr : &found->second;
    }
    void applied(kube::object_json) override {}

    void add(binding::certificate_binding object) { all.insert_or_assign(object.uid, std::move(object)); }

    std::map<support::uuid, binding::certificate_binding> all;
};

class other_controllers : public test::loop
{
protected:
    std::optional<std::string> why(bool again = false)
    {
        auto answered = run(others.why_not_ours(which, again));
        unanswered = !answered;
        return answered ? std::move(*answered) : std::nullopt;
    }

    bool unanswered = false;

    lister api;
    few_bindings store;
    binding::target which{support::interned("sao1"), *support::uuid::parse(uid_of(7))};
    binding::other_controllers others{{api, clock(), store, ours, {}}, 10min};
};

TEST_F(other_controllers, are_asked_about_once_for_each_change_of_the_bindings_and_each_period)
{
    store.add(mine(1, "2026-01-02T00:00:00Z"));
    api.texts = {shown(5, "2026-01-01T00:00:00Z", {theirs})};
    EXPECT_TRUE(why());
    EXPECT_TRUE(why());
    EXPECT_THAT(api.asked, testing::ElementsAre(" spec.resourceId=" + uid_of(7) + ",spec.region=sao1"));
    store.add(mine(2, "2026-01-02T00:00:00Z"));
    EXPECT_TRUE(why());
    EXPECT_EQ(api.asked.size(), 2U);
    api.texts.clear();
    advance(10min);
    EXPECT_FALSE(why());
    EXPECT_EQ(api.asked.size(), 3U);
    store.all.erase(*support::uuid::parse(uid_of(2)));
    EXPECT_FALSE(why());
    EXPECT_EQ(api.asked.size(), 4U) << "a binding that left may be elsewhere now";
}

TEST_F(other_controllers, do_not_have_a_binding_that_has_come_here)
{
    store.add(mine(1, "2026-01-02T00:00:00Z"));
    store.add(mine(5, "2026-01-01T00:00:00Z"));
    api.texts = {shown(5, "2026-01-01T00:00:00Z", {theirs})};
    EXPECT_FALSE(why());
}

TEST_F(other_controllers, are_those_of_the_last_answer_where_the_server_is_away)
{
    store.add(mine(1, "2026-01-02T00:00:00Z"));
    api.away = true;
    EXPECT_FALSE(why());
    EXPECT_TRUE(unanswered) << "nothing may be written";
    api.away = false;
    api.texts = {shown(5, "2026-01-01T00:00:00Z", {theirs})};
    EXPECT_TRUE(why());
    api.away = true;
    advance(1h);
    EXPECT_TRUE(why());
    EXPECT_FALSE(unanswered);
}

TEST_F(other_controllers, are_asked_about_again_before_a_put)
{
    store.add(mine(1, "2026-01-02T00:00:00Z"));
    EXPECT_FALSE(why());
    api.texts = {shown(5, "2026-01-01T00:00:00Z", {theirs})};
    EXPECT_FALSE(why());
    EXPECT_TRUE(why(true));
    EXPECT_TRUE(why());
}

TEST_F(other_controllers, of_a_namespace_that_may_not_be_listed_do_not_count)
{
    store.add(mine(1, "2026-01-02T00:00:00Z"));
    api.forbidden = true;
    EXPECT_FALSE(why());
    EXPECT_FALSE(unanswered);
}

}  // namespace
