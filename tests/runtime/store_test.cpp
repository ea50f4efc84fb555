#include "runtime/store.hpp"

#include "support/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <charconv>

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct thing
{
    support::uuid uid;
    std::uint64_t resource_version = 0;
    std::string name;

    struct scope_name
    {
        std::string text;
        std::string_view view() const { return text; }
    } name_space;
};

support::uuid uid_of(int number)
{
    return support::uuid::parse("00000000-0000-4000-8000-00000000000" + std::to_string(number)).value();
}

// The text of an object; a malformed one has an identity alone. Padded, as object_json requires.
class object
{
public:
    object(int number, int version, const std::string& name_space = "shop", bool readable = true)
        : text_(
              R"({"metadata":{"name":"t)" + std::to_string(number) + R"(","namespace":")" + name_space +
              R"(","resourceVersion":")" + std::to_string(version) + R"(","uid":")" + uid_of(number).str() +
              R"("},"readable":)" + (readable ? "true" : "false") + "}"
          )
    {
        text_.reserve(text_.size() + 64);
    }

    explicit object(std::string text) : text_(std::move(text)) { text_.reserve(text_.size() + 64); }

    operator kube::object_json() const { return text_; }  // NOLINT(google-explicit-constructor)

private:
    std::string text_;
};

support::result<thing> decode(kube::object_json text)
{
    if (text.find("true") == std::string_view::npos)
    {
        return support::fail(support::errc::bad_answer, "thing: spec is malformed");
    }
    const auto identity = kube::identify(text);
    thing decoded;
    decoded.uid = support::uuid::parse(identity.uid).value();
    decoded.name = identity.name;
    decoded.name_space.text = identity.name_space;
    std::from_chars(
        identity.resource_version.data(),
        identity.resource_version.data() + identity.resource_version.size(),
        decoded.resource_version
    );
    return decoded;
}

class store : public testing::Test
{
protected:
    store()
        : all(
              &decode,
              [this](const thing* before, const thing* after) {
                  const auto text = [](const thing* object) {
                      return object == nullptr
                                 ? std::string("-")
                                 : object->name + "@" + std::to_string(object->resource_version);
                  };
                  changes.push_back(text(before) + " " + text(after));
              },
              [this] { ++times_ready; }
          )
    {}

    static void list(runtime::object_sink& sink, const std::vector<object>& objects)
    {
        sink.list_began();
        for (const object& listed : objects)
        {
            sink.listed(listed);
        }
        sink.list_ended();
    }

    std::vector<std::string> take_changes() { return std::exchange(changes, {}); }

    std::vector<std::string> changes;
    int times_ready = 0;
    runtime::store<thing> all;
};

TEST_F(store, tells_what_came_changed_and_went)
{
    auto& sink = all.scope("");
    list(sink, {object(1, 10), object(2, 11)});
    EXPECT_THAT(take_changes(), ElementsAre("- t1@10", "- t2@11"));
    sink.changed(object(1, 12));
    sink.changed(object(3, 13));
    sink.deleted(object(2, 14));
    EXPECT_THAT(take_changes(), ElementsAre("t1@10 t1@12", "- t3@13", "t2@11 -"));
    EXPECT_EQ(all.size(), 2U);
    EXPECT_EQ(all.find(uid_of(1))->resource_version, 12U);
    EXPECT_EQ(all.find(uid_of(2)), nullptr);
}

TEST_F(store, nothing_older_replaces_something_newer)
{
    auto& sink = all.scope("");
    list(sink, {object(1, 20)});
    take_changes();
    sink.changed(object(1, 19));
    sink.changed(object(1, 20));
    sink.changed(object(1, 9));
    EXPECT_THAT(take_changes(), IsEmpty()) << "9 is older than 20, whatever the texts say";
    sink.changed(object(1, 100));
    EXPECT_THAT(take_changes(), ElementsAre("t1@20 t1@100"));
}

TEST_F(store, a_list_of_a_server_that_has_lost_history_counts)
{
    auto& sink = all.scope("");
    list(sink, {object(1, 20), object(2, 21)});
    take_changes();
    list(sink, {object(1, 9), object(2, 21)});
    EXPECT_THAT(take_changes(), ElementsAre("t1@20 t1@9"));
    all.applied(object(1, 10));
    EXPECT_THAT(take_changes(), ElementsAre("t1@9 t1@10"));
}

TEST_F(store, a_list_does_not_undo_the_answer_to_a_write_made_while_it_was_read)
{
    auto& sink = all.scope("");
    list(sink, {object(1, 20)});
    sink.list_began();
    all.applied(object(1, 25));
    take_changes();
    sink.listed(object(1, 20));
    sink.list_ended();
    EXPECT_THAT(take_changes(), IsEmpty());
}

TEST_F(store, the_answer_to_a_write_of_ours_is_not_undone_by_a_watch_that_lags)
{
    auto& sink = all.scope("");
    list(sink, {object(1, 10)});
    take_changes();
    all.applied(object(1, 15));
    sink.changed(object(1, 12));
    sink.changed(object(1, 15));
    EXPECT_THAT(take_changes(), ElementsAre("t1@10 t1@15"));
}

TEST_F(store, the_answer_to_a_write_does_not_bring_back_what_is_gone)
{
    auto& sink = all.scope("");
    list(sink, {object(1, 10)});
    sink.deleted(object(1, 11));
    take_changes();
    all.applied(object(1, 10));
    EXPECT_EQ(all.size(), 0U);
    EXPECT_THAT(take_changes(), IsEmpty());
}

TEST_F(store, a_whole_list_takes_away_what_it_does_not_name)
{
    auto& sink = all.scope("");
    list(sink, {object(1, 10), object(2, 11), object(3, 12)});
    take_changes();
    list(sink, {object(2, 11), object(4, 20)});
    EXPECT_THAT(take_changes(), testing::UnorderedElementsAre("- t4@20", "t1@10 -", "t3@12 -"));
}

void forbid(runtime::object_sink& sink, int times)
{
    for (int i = 0; i < times; ++i)
    {
        sink.list_began();
        sink.list_forbidden();
    }
}

TEST_F(store, a_scope_that_stays_forbidden_holds_back_itself_alone)
{
    auto& shop = all.scope("shop");
    auto& gone = all.scope("gone");
    forbid(gone, 1);
    list(shop, {object(1, 10)});
    EXPECT_FALSE(all.ready()) << "a right that was just granted takes effect a moment later";
    forbid(gone, 10);
    EXPECT_TRUE(all.ready());
    EXPECT_EQ(times_ready, 1);
    ASSERT_EQ(all.unlisted().size(), 1U);
    EXPECT_EQ(all.unlisted()[0].name_space, "gone");
    EXPECT_TRUE(all.unlisted()[0].forbidden);

    list(gone, {object(2, 20, "gone")});
    EXPECT_EQ(times_ready, 1);
    EXPECT_THAT(all.unlisted(), IsEmpty());
    EXPECT_EQ(all.size(), 2U);
}

TEST_F(store, a_scope_that_is_listed_last_makes_it_ready_beside_a_forbidden_one)
{
    auto& gone = all.scope("gone");
    auto& shop = all.scope("shop");
    forbid(gone, 10);
    EXPECT_FALSE(all.ready()) << "nothing is listed";
    EXPECT_FALSE(all.unlisted()[1].forbidden);
    list(shop, {object(1, 10)});
    EXPECT_TRUE(all.ready());
    EXPECT_EQ(times_ready, 1);
}

TEST_F(store, of_forbidden_scopes_alone_is_never_ready)
{
    auto& one = all.scope("one");
    auto& two = all.scope("two");
    forbid(one, 100);
    forbid(two, 100);
    EXPECT_FALSE(all.ready());
    EXPECT_EQ(times_ready, 0);
}

TEST_F(store, a_list_that_is_not_whole_takes_nothing_away)
{
    auto& sink = all.scope("");
    list(sink, {object(1, 10), object(2, 11)});
    take_changes();
    sink.list_began();
    sink.listed(object(2, 11));
    EXPECT_EQ(all.size(), 2U);
    list(sink, {object(1, 10)});
    EXPECT_THAT(take_changes(), ElementsAre("t2@11 -")) << "what the first try named does not count";
}

TEST_F(store, each_scope_owns_its_objects_alone)
{
    auto& shop = all.scope("shop");
    auto& shopping = all.scope("shopping");
    list(shop, {object(1, 10, "shop")});
    list(shopping, {object(2, 10, "shopping")});
    take_changes();
    list(shop, {});
    EXPECT_THAT(take_changes(), ElementsAre("t1@10 -"));
    EXPECT_NE(all.find(uid_of(2)), nullptr);
}

TEST_F(store, is_ready_once_when_every_scope_was_listed_whole)
{
    auto& first = all.scope("a");
    auto& second = all.scope("b");
    EXPECT_FALSE(all.ready());
    list(first, {});
    list(first, {});
    EXPECT_FALSE(all.ready());
    second.list_began();
    second.listed(object(1, 10, "b"));
    EXPECT_FALSE(all.ready());
    second.list_ended();
    EXPECT_TRUE(all.ready());
    list(second, {});
    EXPECT_EQ(times_ready, 1);
}

TEST_F(store, an_object_that_cannot_be_read_any_more_stays_as_it_was)
{
    auto& sink = all.scope("");
    list(sink, {object(1, 10), object(2, 11)});
    take_changes();
    support::log_capture log;
    sink.changed(object(1, 12, "shop", false));
    list(sink, {object(1, 12, "shop", false)});
    EXPECT_THAT(take_changes(), ElementsAre("t2@11 -")) << "the others are taken away as always";
    EXPECT_EQ(all.find(uid_of(1))->resource_version, 10U);
    const auto text = log.text();
    EXPECT_EQ(std::ranges::count(text, '\n'), 1) << "once for each version: " << text;
    EXPECT_THAT(text, HasSubstr("shop/t1"));
    EXPECT_THAT(text, HasSubstr("thing: spec is malformed"));
    sink.changed(object(1, 13));
    EXPECT_THAT(take_changes(), ElementsAre("t1@10 t1@13"));
    sink.changed(object(1, 14, "shop", false));
    EXPECT_EQ(std::ranges::count(log.text(), '\n'), 2) << "another version is told again";
}

TEST_F(store, an_object_that_cannot_be_read_can_be_deleted)
{
    auto& sink = all.scope("");
    support::log_capture log;
    list(sink, {object(1, 10)});
    sink.changed(object(1, 12, "shop", false));
    sink.deleted(object(1, 13, "shop", false));
    EXPECT_EQ(all.size(), 0U);
}

TEST_F(store, of_a_list_with_a_nameless_object_nothing_is_taken_away)
{
    auto& sink = all.scope("");
    support::log_capture log;
    list(sink, {object(1, 10), object(2, 11)});
    list(sink, {object(2, 11), object(std::string(R"({"metadata":{"uid":7}})"))});
    EXPECT_NE(all.find(uid_of(1)), nullptr) << "it may be that one";
    sink.changed(object(std::string("{}")));
    sink.deleted(object(std::string("{}")));
    EXPECT_EQ(all.size(), 2U);
    list(sink, {object(2, 11)});
    EXPECT_EQ(all.find(uid_of(1)), nullptr);
}

// ---- comparisons ----

TEST_F(store, a_comparison_that_finds_what_was_shown_finds_nothing)
{
    auto& sink = all.scope("");
    list(sink, {{1, 10}, {2, 11}});
    sink.comparison_began();
    sink.changed(object(2, 13));
    sink.changed(object(3, 14));
    EXPECT_EQ(sink.missed({{uid_of(1), 10}, {uid_of(2), 11}}, 12), 0U);
    EXPECT_THAT(take_changes(), testing::SizeIs(4)) << "a comparison changes nothing";
}

TEST_F(store, a_comparison_finds_each_change_that_was_not_shown)
{
    auto& sink = all.scope("");
    list(sink, {{1, 10}, {2, 11}, {4, 11}});
    sink.comparison_began();
    EXPECT_EQ(sink.missed({{uid_of(1), 10}, {uid_of(2), 11}, {uid_of(3), 12}, {uid_of(4), 11}}, 12), 1U)
        << "new";
    EXPECT_EQ(sink.missed({{uid_of(1), 10}, {uid_of(2), 12}, {uid_of(4), 11}}, 12), 1U) << "changed";
    EXPECT_EQ(sink.missed({{uid_of(1), 10}, {uid_of(4), 11}}, 12), 1U) << "deleted";
    EXPECT_EQ(sink.missed({}, 12), 3U);
}

TEST_F(store, a_comparison_knows_what_is_deleted_while_it_goes_on)
{
    auto& sink = all.scope("");
    list(sink, {{1, 10}, {2, 11}});
    sink.comparison_began();
    sink.deleted(object(2, 13));
    EXPECT_EQ(sink.missed({{uid_of(1), 10}, {uid_of(2), 11}}, 12), 0U);
    sink.comparison_ended();
    sink.comparison_began();
    EXPECT_EQ(sink.missed({{uid_of(1), 10}, {uid_of(2), 11}}, 12), 1U);
}

TEST_F(store, a_comparison_is_about_its_scope_alone)
{
    auto& shop = all.scope("shop");
    auto& web = all.scope("web");
    list(shop, {{1, 10, "shop"}});
    list(web, {{2, 11, "web"}});
    shop.comparison_began();
    EXPECT_EQ(shop.missed({{uid_of(1), 10}}, 12), 0U);
}

TEST_F(store, a_comparison_takes_an_object_that_cannot_be_decoded_for_shown)
{
    auto& sink = all.scope("");
    list(sink, {{1, 10}, {2, 11}});
    sink.changed(object(1, 12, "shop", false));
    sink.changed(object(3, 13, "shop", false));
    sink.comparison_began();
    EXPECT_EQ(sink.missed({{uid_of(1), 12}, {uid_of(2), 11}, {uid_of(3), 13}}, 13), 0U);
}

TEST_F(store, tells_a_scope_which_versions_the_watch_has_to_reach)
{
    auto& shop = all.scope("shop");
    auto& web = all.scope("web");
    std::vector<std::string> written;
    shop.wrote = [&](std::uint64_t version) { written.push_back("shop " + std::to_string(version)); };
    web.wrote = [&](std::uint64_t version) { written.push_back("web " + std::to_string(version)); };
    list(shop, {{1, 10, "shop"}});
    list(web, {});
    all.applied(object(1, 12, "shop"));
    EXPECT_THAT(written, testing::ElementsAre("shop 12"));
}

}  // namespace
