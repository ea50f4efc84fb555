#include "cloud/openstack/create_client.hpp"

#include "cloud/openstack/simulated_tenant.hpp"
#include "fakes/cloud/spelled.hpp"
#include "support/log.hpp"

#include <gmock/gmock.h>

#include <set>

namespace {

using namespace std::chrono_literals;
using cloud::failure;
using cloud::listener_change;
using cloud::provisioning_status;
using cloud::ref_state;
using testing::HasSubstr;
using testing::Not;

// Forwards requests and records their tokens.
class token_watch final : public net::http_client
{
public:
    explicit token_watch(net::http_client& behind) : behind_(behind) {}

    const std::set<std::string>& tokens() const { return tokens_; }

    support::task<support::result<net::http_response>> send(net::http_request request) override
    {
        if (const auto token = net::find_header(request.headers, "X-Auth-Token"); !token.empty())
        {
            tokens_.emplace(token);
        }
        co_return co_await behind_.send(std::move(request));
    }

    support::task<support::result<std::unique_ptr<net::http_stream>>> open(net::http_request request) override
    {
        co_return co_await behind_.open(std::move(request));
    }

private:
    net::http_client& behind_;
    std::set<std::string> tokens_;
};

class openstack_client : public test::simulated_tenant
{
protected:
    openstack_client() { use(entry_of(credential)); }

    // The texts that people can see (all errors and the log) hold no secret.
    void TearDown() override
    {
        shown += log.text();
        for (const auto& token : http.tokens())
        {
            EXPECT_THAT(shown, Not(HasSubstr(token)));
        }
        EXPECT_THAT(shown, Not(HasSubstr(credential.secret)));
        EXPECT_THAT(shown, Not(HasSubstr("PRIVATE KEY")));
        loop::TearDown();
    }

    cloud::openstack::cloud_entry password_entry() const
    {
        cloud::openstack::cloud_entry entry = lab_entry();
        entry.user = {.id = user};
        entry.project = {.name = "tenant-a", .domain_id = "default"};
        entry.secret = support::secret("secret");
        return entry;
    }

    void use(cloud::openstack::cloud_entry entry) { simulated_tenant::use(http, std::move(entry)); }

    template <class T>
    failure failed(const cloud::answer<T>& answer)
    {
        EXPECT_FALSE(answer);
        if (answer)
        {
            return failure::transient;
        }
        shown += answer.error().message + "\n";
        EXPECT_EQ(answer.error().message.find('\n'), std::string::npos) << answer.error().message;
        return answer.error().kind;
    }

    cloud::answer<cloud::certificate> get_certificate(const std::string& certificate)
    {
        return run(client->get_certificate("sao1", id(certificate), std::nullopt));
    }

    cloud::answer<cloud::listener> get_listener(const std::string& which)
    {
        return run(client->get_listener("sao1", id(which)));
    }

    cloud::answer<cloud::load_balancer> get_load_balancer(const std::string& which)
    {
        return run(client->get_load_balancer("sao1", id(which)));
    }

    cloud::answer<cloud::listener> update(const std::string& which, listener_change change)
    {
        return run(client->update_listener("sao1", id(which), std::move(change), clock().now() + 30s));
    }

    ref_state look_up(const std::string& ref)
    {
        return run(client->look_up("sao1", cloud::container_ref(ref)));
    }

    static listener_change sni(const std::vector<std::string>& refs)
    {
        return {.default_ref = {}, .sni_refs = std::vector<cloud::container_ref>(refs.begin(), refs.end())};
    }

    std::size_t authentications() const { return sim.log({.service = "identity", .method = "POST"}).size(); }

    support::log_capture log;
    std::string shown;
    token_watch http{simulated};
    cloudsim::control::certificate first =
        sim.add_certificate({.project = project, .names = {"a.example.com"}});
    std::string load_balancer = sim.add_load_balancer({.project = project});
    std::string listener = sim.add_listener({.load_balancer = load_balancer, .default_ref = first.ref});
};

TEST_F(openstack_client, puts_a_certificate_on_a_listener)
{
    const auto second =
        sim.add_certificate({.project = project, .kind = "pkcs12", .names = {"b.example.com"}});
    const auto certificate = get_certificate(second.id);
    ASSERT_TRUE(certificate) << certificate.error().message;
    EXPECT_TRUE(certificate->usable);

    const auto before = get_listener(listener);
    ASSERT_TRUE(before) << before.error().message;
    EXPECT_EQ(before->protocol, "TERMINATED_HTTPS");
    EXPECT_EQ(before->load_balancer_id, id(load_balancer));
    EXPECT_EQ(before->default_ref.value().str(), first.ref);

    const auto accepted = update(listener, sni({certificate->container_ref.str()}));
    ASSERT_TRUE(accepted) << accepted.error().message;
    EXPECT_EQ(accepted->status, provisioning_status::pending);
    EXPECT_EQ(test::spelled(accepted->sni_refs), std::vector{certificate->container_ref.str()});
    EXPECT_EQ(get_load_balancer(load_balancer)->status, provisioning_status::pending);

    advance(1s);
    EXPECT_EQ(get_listener(listener)->status, provisioning_status::active);
    EXPECT_EQ(get_load_balancer(load_balancer)->status, provisioning_status::active);
    EXPECT_EQ(sim.tls(listener, "b.example.com").certificate, second.ref);
    EXPECT_EQ(sim.tls(listener, "a.example.com").certificate, first.ref);
    EXPECT_EQ(authentications(), 1U);
}

TEST_F(openstack_client, takes_the_default_away)
{
    ASSERT_TRUE(update(
        listener,
        {.default_ref = std::optional<cloud::container_ref>(), .sni_refs = sni({first.ref}).sni_refs}
    ));
    advance(1s);
    const auto after = get_listener(listener);
    EXPECT_EQ(after->default_ref, std::nullopt);
    EXPECT_EQ(test::spelled(after->sni_refs), std::vector{first.ref});
}

TEST_F(openstack_client, a_password_does_as_well)
{
    use(password_entry());
    const auto scope = run(client->locate("sao1"));
    ASSERT_TRUE(scope) << scope.error().message;
    EXPECT_EQ(scope->project_id, project);
    EXPECT_TRUE(update(listener, sni({first.ref})));
}

TEST_F(openstack_client, reads_when_a_certificate_ends)
{
    const auto end = std::chrono::sys_days(std::chrono::year(2027) / 2 / 3) + 4h + 5min + 6s;
    for (const std::string kind : {"container", "pkcs12", "pem"})
    {
        const auto certificate = sim.add_certificate({.project = project, .kind = kind, .not_after = end});
        const auto read = get_certificate(certificate.id);
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(read->expires_at, end) << kind;
        EXPECT_EQ(read->container_ref.str(), certificate.ref);
    }
    const auto locked = sim.add_certificate({.project = project, .kind = "pkcs12", .pass_phrase = "x"});
    EXPECT_EQ(get_certificate(locked.id)->expires_at, std::nullopt);
}

TEST_F(openstack_client, a_certificate_without_a_payload_becomes_usable)
{
    for (const std::string kind : {"container", "pkcs12"})
    {
        const auto added = sim.add_certificate({.project = project, .kind = kind, .state = "no_payload"});
        const auto before = get_certificate(added.id);
        ASSERT_TRUE(before) << before.error().message;
        EXPECT_FALSE(before->usable);
        EXPECT_THAT(before->missing, HasSubstr("has no payload yet"));
        sim.complete_certificate(added.id);
        EXPECT_TRUE(get_certificate(added.id)->usable);
    }
    const auto keyless = sim.add_certificate({.project = project, .state = "no_key"});
    EXPECT_EQ(
        get_certificate(keyless.id)->missing,
        "the container lists no private_key, and a container cannot be changed; set spec.certificateId to a "
        "complete one"
    );
}

TEST_F(openstack_client, tells_what_does_not_exist)
{
    const std::string nowhere = "11111111-2222-4333-8444-555555555555";
    EXPECT_EQ(failed(get_certificate(nowhere)), failure::not_found);
    EXPECT_EQ(failed(get_listener(nowhere)), failure::not_found);
    EXPECT_EQ(failed(get_load_balancer(nowhere)), failure::not_found);
    EXPECT_EQ(failed(update(nowhere, sni({}))), failure::not_found);
    EXPECT_EQ(failed(run(client->locate("nowhere"))), failure::no_endpoint);
    EXPECT_THAT(shown, HasSubstr("RegionOne, sao1"));
    const auto expired = sim.add_certificate({.project = project, .kind = "pkcs12", .state = "expired"});
    EXPECT_EQ(failed(get_certificate(expired.id)), failure::not_found) << "Barbican hides it";
}

TEST_F(openstack_client, tells_what_belongs_to_another_project)
{
    const auto certificate = sim.add_certificate({.project = foreign_project});
    const auto bundle = sim.add_certificate({.project = foreign_project, .kind = "pkcs12"});
    const auto balancer = sim.add_load_balancer({.project = foreign_project});
    const auto other = sim.add_listener({.load_balancer = balancer, .default_ref = certificate.ref});
    EXPECT_EQ(failed(get_certificate(certificate.id)), failure::access_denied);
    EXPECT_EQ(failed(get_certificate(bundle.id)), failure::access_denied);
    EXPECT_EQ(failed(get_listener(other)), failure::access_denied);
    EXPECT_EQ(failed(get_load_balancer(balancer)), failure::access_denied);
    EXPECT_EQ(failed(update(other, sni({}))), failure::access_denied);
    EXPECT_EQ(look_up(certificate.ref), ref_state::unknown);
    EXPECT_EQ(look_up(bundle.ref), ref_state::unknown);
}

TEST_F(openstack_client, looks_refs_up)
{
    const auto bundle = sim.add_certificate({.project = project, .kind = "pkcs12"});
    const auto authority = sim.add_certificate({.project = project, .kind = "ca"});
    EXPECT_EQ(look_up(first.ref), ref_state::readable);
    EXPECT_EQ(look_up(bundle.ref), ref_state::readable);
    EXPECT_EQ(look_up(authority.ref), ref_state::readable);
    EXPECT_EQ(look_up(authority.crl_ref), ref_state::readable);
    EXPECT_EQ(look_up("https://barbican.example/v1/secrets/" + bundle.id), ref_state::readable);

    sim.remove_certificate(first.id, "intermediates");
    EXPECT_EQ(look_up(first.ref), ref_state::readable)
        << "Barbican takes it off the list, and nobody needs it";
    sim.remove_certificate(first.id, "private_key");
    EXPECT_EQ(look_up(first.ref), ref_state::dead);
    sim.remove_certificate(bundle.id);
    EXPECT_EQ(look_up(bundle.ref), ref_state::dead);
    sim.set({{"down", {"key-manager"}}});
    EXPECT_EQ(look_up(bundle.ref), ref_state::unanswered);
}

TEST_F(openstack_client, a_locked_load_balancer_is_busy_and_a_look_at_it_tells_why)
{
    sim.set_load_balancer_status(load_balancer, "PENDING_UPDATE");
    EXPECT_EQ(failed(update(listener, sni({first.ref}))), failure::busy);
    EXPECT_EQ(get_load_balancer(load_balancer)->status, provisioning_status::pending);
    sim.set_load_balancer_status(load_balancer, "ERROR");
    EXPECT_EQ(failed(update(listener, sni({first.ref}))), failure::busy);
    EXPECT_EQ(get_load_balancer(load_balancer)->status, provisioning_status::error);
    sim.set_load_balancer_status(load_balancer, "ACTIVE");
    sim.set_listener_status(listener, "ERROR");
    EXPECT_EQ(get_listener(listener)->status, provisioning_status::error);
}

TEST_F(openstack_client, a_refused_list_names_the_bad_refs_alone)
{
    const auto gone = sim.add_certificate({.project = project, .kind = "pkcs12"});
    const auto good = sim.add_certificate({.project = project, .kind = "pkcs12"});
    sim.remove_certificate(gone.id);
    const auto refused = update(listener, sni({gone.ref, good.ref}));
    EXPECT_EQ(failed(refused), failure::refused);
    EXPECT_EQ(test::spelled(refused.error().refs), std::vector{gone.ref});

    const auto locked = sim.add_certificate({.project = project, .kind = "pkcs12", .pass_phrase = "x"});
    const auto unreadable = update(listener, sni({locked.ref}));
    EXPECT_EQ(failed(unreadable), failure::refused);
    EXPECT_TRUE(unreadable.error().refs.empty());
    EXPECT_THAT(shown, HasSubstr("The PKCS12 bundle is unreadable"));
    EXPECT_TRUE(sim.get_listener(listener).sni_refs.empty());
}

TEST_F(openstack_client, a_listener_without_tls_says_so)
{
    const auto plain = sim.add_listener({.load_balancer = load_balancer, .protocol = "HTTP", .port = 80});
    EXPECT_EQ(get_listener(plain)->protocol, "HTTP");
    EXPECT_EQ(failed(update(plain, sni({first.ref}))), failure::refused);
}

TEST_F(openstack_client, goes_on_when_its_token_expires)
{
    sim.set({{"token_lifetime_ms", 8000}});
    for (int i = 0; i < 60; ++i)
    {
        EXPECT_TRUE(get_listener(listener));
        advance(1s);
    }
    EXPECT_LE(authentications(), 10U);
    EXPECT_TRUE(sim.log({.service = "load-balancer"}).size() == 60U) << "none was refused and sent again";
}

TEST_F(openstack_client, goes_on_when_its_token_is_revoked)
{
    ASSERT_TRUE(get_listener(listener));
    sim.revoke_tokens();
    EXPECT_TRUE(get_certificate(first.id));
    EXPECT_TRUE(update(listener, sni({first.ref})));
    EXPECT_EQ(authentications(), 2U);
}

TEST_F(openstack_client, an_application_credential_that_is_gone_is_invalid)
{
    ASSERT_TRUE(get_listener(listener));
    sim.remove_application_credential(credential.id);
    sim.revoke_tokens();
    EXPECT_EQ(failed(get_listener(listener)), failure::credentials_invalid);
    EXPECT_EQ(failed(update(listener, sni({first.ref}))), failure::credentials_invalid);
    EXPECT_EQ(look_up(first.ref), ref_state::unknown);
    EXPECT_EQ(authentications(), 2U);
}

TEST_F(openstack_client, wrong_secrets_are_invalid_credentials)
{
    auto entry = entry_of(credential);
    entry.secret = support::secret("wrong-canary");
    use(std::move(entry));
    EXPECT_EQ(failed(get_listener(listener)), failure::credentials_invalid);
    auto password = password_entry();
    password.secret = support::secret("wrong-canary");
    use(std::move(password));
    EXPECT_EQ(failed(get_listener(listener)), failure::credentials_invalid);
    EXPECT_THAT(shown + log.text(), Not(HasSubstr("canary")));
}

TEST_F(openstack_client, a_write_whose_answer_is_lost_is_ambiguous_and_may_have_happened)
{
    sim.drop({.method = "PUT", .when = "after"});
    EXPECT_EQ(failed(update(listener, sni({first.ref}))), failure::ambiguous);
    EXPECT_EQ(sim.get_listener(listener).sni_refs, std::set{first.ref});
}

TEST_F(openstack_client, a_write_is_given_up_at_its_deadline)
{
    sim.hold({.method = "PUT", .when = "during"});
    const auto began = clock().now();
    EXPECT_EQ(failed(update(listener, sni({first.ref}))), failure::ambiguous);
    EXPECT_EQ(clock().now() - began, 30s);
    EXPECT_TRUE(get_listener(listener)->sni_refs.empty()) << "the first read after it is no answer";
    sim.release();
    EXPECT_EQ(sim.get_listener(listener).sni_refs, std::set{first.ref}) << "it lands later";
}

TEST_F(openstack_client, odd_answers_of_a_write_are_ambiguous_and_of_a_read_transient)
{
    for (const int status : {200, 400, 403, 404, 409, 429, 500, 502, 503, 504})
    {
        sim.fail({.method = "PUT", .times = 1}, {.status = status});
        EXPECT_EQ(failed(update(listener, sni({first.ref}))), failure::ambiguous) << status;
        sim.fail({.service = "load-balancer", .method = "GET", .times = 1}, {.status = status});
        EXPECT_EQ(failed(get_listener(listener)), status == 429 ? failure::rate_limited : failure::transient)
            << status;
    }
}

TEST_F(openstack_client, services_that_are_away_are_transient)
{
    ASSERT_TRUE(get_listener(listener));
    sim.set({{"down", {"load-balancer"}}});
    EXPECT_EQ(failed(get_listener(listener)), failure::transient);
    EXPECT_EQ(failed(update(listener, sni({first.ref}))), failure::transient) << "nothing was sent";
    sim.set({{"down", {"identity"}}});
    EXPECT_TRUE(get_listener(listener)) << "Octavia believes in the token for a while";
    use(entry_of(credential));
    EXPECT_EQ(failed(get_listener(listener)), failure::transient);
    sim.set({{"down", nlohmann::json::array()}});
    advance(2s);
    EXPECT_TRUE(get_listener(listener));
}

}  // namespace
