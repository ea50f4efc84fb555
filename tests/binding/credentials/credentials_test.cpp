#include "binding/credentials/credentials.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using binding::certificate_binding;
using binding::reason;
using binding::secret_content;
using binding::secret_name;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Reads "id@keystone" as a credential for each cloud that is asked for, and nothing else. Knows the
// credentials in use.
class known_credentials
{
public:
    support::result<std::shared_ptr<cloud::credential>> read(
        const secret_content& content, const std::string& cloud
    )
    {
        const std::string& yaml = content.clouds_yaml.reveal();
        const auto at = yaml.find('@');
        if (at == std::string::npos)
        {
            return support::fail(support::errc::invalid, "Secret shop/cloud: clouds.yaml: no credential");
        }
        const std::string id = yaml.substr(0, at) + cloud + content.ca_pem.reveal();
        if (auto known = known_[id].lock())
        {
            return known;
        }
        auto credential = std::make_shared<cloud::credential>(id, yaml.substr(at + 1), nullptr);
        known_[id] = credential;
        return credential;
    }

    bool in_use(const std::string& id) { return !known_[id].expired(); }

private:
    std::map<std::string, std::weak_ptr<cloud::credential>> known_;
};

class entries final : public cloud::credential_entries
{
public:
    entries(known_credentials& known, secret_content content) : known_(known), content_(std::move(content)) {}

    support::result<std::shared_ptr<cloud::credential>> credential_of(const std::string& cloud) override
    {
        return known_.read(content_, cloud);
    }

private:
    known_credentials& known_;
    secret_content content_;
};

class credentials : public testing::Test
{
protected:
    static certificate_binding binding(
        const std::string& name_space, const std::string& secret, int number = 1
    )
    {
        certificate_binding object;
        object.uid =
            *support::uuid::parse("00000000-0000-4000-8000-" + std::to_string(100000000000 + number));
        object.name_space = support::interned(name_space);
        object.name = "web";
        object.spec.region = support::interned("sao1");
        object.spec.secret = support::interned(secret);
        return object;
    }

    void admit(std::set<std::string> namespaces)
    {
        all.emplace(binding::credentials::parts{
            std::make_shared<cloud::credential>("own", "ks", nullptr),
            binding::admission{false, std::move(namespaces)},
            [this](const secret_name& name) { calls.push_back("follow " + name.str()); },
            [this](const secret_name& name) { calls.push_back("unfollow " + name.str()); },
            [this](const secret_name& name) { calls.push_back("refused " + name.str()); },
            [this](const std::set<support::uuid>& users) {
                calls.push_back("changed " + std::to_string(users.size()));
                for (const auto& user : users)
                {
                    all->update(&objects.at(user), &objects.at(user));
                }
            }
        });
    }

    void see(const certificate_binding& now)
    {
        const auto before =
            objects.find(now.uid) == objects.end() ? std::nullopt : std::optional(objects[now.uid]);
        objects[now.uid] = now;
        all->update(before ? &*before : nullptr, &objects[now.uid]);
    }
    void forget(const certificate_binding& gone)
    {
        objects.erase(gone.uid);
        all->update(&gone, nullptr);
    }
    void show(const std::string& yaml, const std::string& ca = "", const std::string& version = "")
    {
        show(shop_cloud, yaml, ca, version);
    }
    void show(
        const secret_name& name,
        const std::string& yaml,
        const std::string& ca = "",
        const std::string& version = ""
    )
    {
        const secret_content content{support::secret(yaml), support::secret(ca)};
        all->secret_shown(
            name, binding::shown_secret{version, content, std::make_shared<entries>(secrets, content)}
        );
    }

    // "" if the binding has no credential.
    std::string credential_of(const certificate_binding& object)
    {
        const auto target = all->target_of(object);
        const auto used = all->of(target);
        EXPECT_EQ(used ? used->identity : "", target.identity.view());
        return used ? used->id : "";
    }
    std::string why(const certificate_binding& object) { return all->why_none(object).message; }

    const secret_name shop_cloud{support::interned("shop"), support::interned("cloud")};
    known_credentials secrets;
    std::vector<std::string> calls;
    std::map<support::uuid, certificate_binding> objects;
    std::optional<binding::credentials> all;
};

TEST_F(credentials, without_a_ref_are_the_controllers_where_the_namespace_is_admitted)
{
    admit({"shop"});
    see(binding("shop", ""));
    EXPECT_EQ(credential_of(binding("shop", "")), "own");
    const auto other = binding("blog", "", 2);
    see(other);
    EXPECT_EQ(credential_of(other), "");
    EXPECT_EQ(all->why_none(other).reason, reason::credentials_missing);
    EXPECT_EQ(
        why(other),
        "namespace blog may not use the controller's own credential; name a Secret of it that holds a "
        "clouds.yaml "
        "in spec.cloudCredentialsRef, or have the namespace admitted with --allow-controller-credentials"
    );
    EXPECT_THAT(calls, IsEmpty());
}

TEST_F(credentials, with_a_ref_are_those_of_the_secret_and_never_the_controllers)
{
    admit({"shop"});
    const auto web = binding("shop", "cloud");
    see(web);
    EXPECT_EQ(credential_of(web), "");
    EXPECT_TRUE(all->why_none(web).passes) << "it is being read";
    show("a@ks");
    EXPECT_EQ(credential_of(web), "a");
    EXPECT_THAT(calls, ElementsAre("follow shop/cloud", "changed 1"));
}

TEST_F(credentials, of_one_secret_may_be_several_clouds)
{
    admit({});
    auto one = binding("shop", "cloud", 1);
    auto two = binding("shop", "cloud", 2);
    two.spec.cloud = support::interned("-test");
    see(one);
    see(two);
    show("a@ks");
    EXPECT_EQ(credential_of(one), "a");
    EXPECT_EQ(credential_of(two), "a-test");
    EXPECT_THAT(calls, ElementsAre("follow shop/cloud", "changed 2"));
}

TEST_F(credentials, follow_the_content_of_the_secret)
{
    admit({});
    const auto web = binding("shop", "cloud");
    see(web);
    show("a@ks");
    show("a@ks");
    EXPECT_EQ(calls.size(), 2U) << "the same again is no change";
    show("b@ks");
    EXPECT_EQ(credential_of(web), "b");
    EXPECT_FALSE(secrets.in_use("a"));
    show("b@ks", "-ca");
    EXPECT_EQ(credential_of(web), "b-ca");
}

TEST_F(credentials, know_the_version_in_use_so_that_it_is_not_read_again)
{
    admit({});
    see(binding("shop", "cloud"));
    EXPECT_FALSE(all->secret_shown_again(shop_cloud, "1"));
    show("a@ks", "", "1");
    all->secret_unreadable(shop_cloud, {support::errc::status, "403", 403, {}});
    EXPECT_FALSE(all->secret_shown_again(shop_cloud, "2"));
    EXPECT_TRUE(all->is_unsure(shop_cloud));
    EXPECT_TRUE(all->secret_shown_again(shop_cloud, "1"));
    EXPECT_FALSE(all->is_unsure(shop_cloud)) << "it may be read";
    show("a@ks", "", "2");
    EXPECT_TRUE(all->secret_shown_again(shop_cloud, "2")) << "another version of the same content";
    all->secret_absent(shop_cloud);
    EXPECT_FALSE(all->secret_shown_again(shop_cloud, "2"));
}

TEST_F(credentials, are_missing_where_the_secret_is)
{
    admit({});
    const auto web = binding("shop", "cloud");
    see(web);
    all->secret_absent(shop_cloud);
    EXPECT_EQ(all->why_none(web).reason, reason::credentials_missing);
    EXPECT_EQ(why(web), "Secret shop/cloud does not exist; create it, with the key clouds.yaml");
    all->secret_absent(shop_cloud);
    EXPECT_EQ(calls.size(), 2U) << "nothing new";
    show("a@ks");
    EXPECT_EQ(credential_of(web), "a");
    all->secret_absent(shop_cloud);
    EXPECT_EQ(credential_of(web), "");
}

TEST_F(credentials, say_what_keeps_the_secret_from_being_used)
{
    admit({});
    const auto web = binding("shop", "cloud");
    see(web);
    all->secret_unreadable(shop_cloud, {support::errc::status, "403 Forbidden", 403, {}});
    EXPECT_EQ(all->why_none(web).reason, reason::credentials_missing);
    EXPECT_THAT(
        why(web), HasSubstr("may not be read: 403 Forbidden; grant the controller's service account")
    );
    show("none");
    EXPECT_EQ(all->why_none(web).reason, reason::credentials_invalid);
    EXPECT_EQ(why(web), "Secret shop/cloud: clouds.yaml: no credential");
    all->secret_shown(
        shop_cloud, support::fail(support::errc::invalid, "the key clouds.yaml is missing; add it")
    );
    EXPECT_EQ(all->why_none(web).reason, reason::credentials_invalid);
    EXPECT_EQ(why(web), "Secret shop/cloud: the key clouds.yaml is missing; add it");
}

TEST_F(credentials, stay_while_the_api_server_does_not_answer)
{
    admit({});
    const auto web = binding("shop", "cloud");
    see(web);
    all->secret_unreadable(shop_cloud, {support::errc::unreachable, "refused", 0, {}});
    EXPECT_EQ(all->why_none(web).reason, reason::cloud_unavailable);
    for (const int busy : {408, 409, 410, 429, 500})
    {
        all->secret_unreadable(shop_cloud, {support::errc::status, "busy", busy, {}});
        EXPECT_EQ(all->why_none(web).reason, reason::cloud_unavailable) << busy;
    }
    show("a@ks");
    all->secret_unreadable(shop_cloud, {support::errc::unreachable, "refused", 0, {}});
    EXPECT_EQ(credential_of(web), "a");
    for (const int passing : {401, 408, 409, 410, 429, 500})
    {
        for (int times = 0; times < 3; ++times)
        {
            all->secret_unreadable(shop_cloud, {support::errc::status, "not now", passing, {}});
            EXPECT_EQ(credential_of(web), "a") << passing;
        }
    }
}

TEST_F(credentials, go_when_the_right_to_read_them_was_taken_away_and_not_by_one_403)
{
    admit({});
    const auto web = binding("shop", "cloud");
    see(web);
    show("a@ks");
    const support::error refused{support::errc::status, "403", 403, {}};
    all->secret_unreadable(shop_cloud, refused);
    EXPECT_EQ(credential_of(web), "a") << "an API server that has just started";
    EXPECT_TRUE(all->is_unsure(shop_cloud)) << "so it is read again soon";
    show("a@ks");
    EXPECT_FALSE(all->is_unsure(shop_cloud));
    all->secret_unreadable(shop_cloud, refused);
    EXPECT_EQ(credential_of(web), "a");
    all->secret_unreadable(shop_cloud, refused);
    EXPECT_EQ(credential_of(web), "");
}

TEST_F(credentials, that_were_used_last_serve_a_deletion)
{
    admit({});
    auto web = binding("shop", "cloud");
    see(web);
    show("a@ks");
    all->secret_absent(shop_cloud);
    EXPECT_EQ(credential_of(web), "");
    web.deleting = true;
    see(web);
    EXPECT_EQ(credential_of(web), "a");
    show("b@ks");
    EXPECT_EQ(credential_of(web), "b") << "a new content counts";
    show("none");
    EXPECT_EQ(credential_of(web), "b");
    forget(web);
    EXPECT_FALSE(secrets.in_use("b"));
}

TEST_F(credentials, that_were_used_last_serve_a_deletion_after_the_ref_was_taken_away)
{
    admit({});
    auto web = binding("shop", "cloud");
    see(web);
    show("a@ks");
    web.spec.secret = {};
    see(web);
    EXPECT_EQ(credential_of(web), "");
    web.deleting = true;
    see(web);
    EXPECT_EQ(credential_of(web), "a");
    EXPECT_FALSE(all->borrowed(web));
}

TEST_F(credentials, a_deletion_that_never_had_one_has_none)
{
    admit({});
    auto web = binding("shop", "cloud");
    web.deleting = true;
    see(web);
    all->secret_absent(shop_cloud);
    EXPECT_EQ(credential_of(web), "");
}

TEST_F(credentials, the_controllers_is_borrowed_for_deletions_of_what_was_put_there_in_its_cloud)
{
    admit({});
    auto web = binding("blog", "");
    web.status.ledger.scope.identity = support::interned("ks");
    web.status.ledger.scope.by_controller = true;
    see(web);
    EXPECT_EQ(credential_of(web), "");
    web.deleting = true;
    see(web);
    EXPECT_EQ(credential_of(web), "own");
    EXPECT_TRUE(all->borrowed(web));
    web.status.ledger.scope.identity = support::interned("another");
    EXPECT_EQ(credential_of(web), "");
    EXPECT_FALSE(all->borrowed(web));
}

TEST_F(credentials, the_controllers_is_not_borrowed_for_what_another_credential_put_there)
{
    admit({});
    auto web = binding("blog", "");
    web.status.ledger.scope.identity = support::interned("ks");
    web.deleting = true;
    see(web);
    EXPECT_EQ(credential_of(web), "");
    EXPECT_FALSE(all->borrowed(web));
}

TEST_F(credentials, a_secret_is_followed_while_somebody_uses_it)
{
    admit({"shop"});
    auto web = binding("shop", "cloud", 1);
    const auto other = binding("shop", "cloud", 2);
    see(web);
    see(other);
    forget(other);
    web.spec.secret = support::interned("next");
    see(web);
    EXPECT_THAT(calls, ElementsAre("follow shop/cloud", "follow shop/next", "unfollow shop/cloud"));
    show("a@ks");
    EXPECT_EQ(credential_of(web), "") << "nobody uses that Secret";
    web.spec.secret = {};
    see(web);
    EXPECT_EQ(calls.back(), "unfollow shop/next");
    EXPECT_EQ(credential_of(web), "own");
}

TEST_F(credentials, of_one_namespace_a_hundred_secrets_are_followed)
{
    admit({});
    for (int i = 0; i < 102; ++i)
    {
        see(binding("shop", "s" + std::to_string(i), 100 + i));
    }
    see(binding("blog", "s0", 900));
    EXPECT_EQ(
        std::ranges::count_if(calls, [](const auto& call) { return call.starts_with("follow shop/"); }), 100
    );
    EXPECT_EQ(calls.back(), "follow blog/s0") << "other namespaces have their own";
    const auto beyond = binding("shop", "s100", 200);
    EXPECT_EQ(all->why_none(beyond).reason, reason::credentials_missing);
    EXPECT_EQ(
        why(beyond),
        "Secret shop/s100 is not read, because the bindings of one namespace may name 100 Secrets; let "
        "several "
        "bindings name the same Secret"
    );
    calls.clear();
    forget(binding("shop", "s101", 201));
    EXPECT_THAT(calls, testing::IsEmpty()) << "it was not followed";
    forget(binding("shop", "s7", 107));
    EXPECT_THAT(calls, ElementsAre("unfollow shop/s7", "follow shop/s100"));
    show({support::interned("shop"), support::interned("s100")}, "a@ks");
    EXPECT_EQ(credential_of(beyond), "a");
}

TEST_F(credentials, a_secret_is_read_again_when_the_cloud_refuses_it)
{
    admit({});
    auto web = binding("shop", "cloud");
    see(web);
    show("a@ks");
    calls.clear();
    web.status[binding::condition_type::ready].reason = reason::credentials_invalid;
    see(web);
    EXPECT_THAT(calls, ElementsAre("refused shop/cloud"));
    see(web);
    EXPECT_EQ(calls.size(), 1U) << "once";
}

}  // namespace
