#include "cloud/openstack/barbican.hpp"

#include "cloud/openstack/fixture.hpp"
#include "fakes/certificates/certificates.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <functional>

namespace {

using namespace std::chrono_literals;
using cloud::failure;
using cloud::ref_state;
using cloud::openstack::read_container;
using cloud::openstack::read_secret;
using testing::HasSubstr;

const support::wall_time not_after =
    std::chrono::sys_days(std::chrono::year(2036) / 11 / 21) + 12h + 36min + 6s;
const std::string certificate_pem = test::make_certificate({.not_after = not_after}).pem;

const support::uuid secret_id = support::uuid::parse(captured::secret_id).value();
const support::uuid container_id = support::uuid::parse(captured::container_id).value();

net::http_response payload(std::string bytes)
{
    return {200, {{"Content-Type", "application/octet-stream"}}, std::move(bytes)};
}

std::string get(const std::string& path)
{
    return "GET " + captured::key_manager + path;
}

std::string get_secret(const std::string& id)
{
    return get("/secrets/" + id);
}

std::string get_payload(const std::string& id)
{
    return get("/secrets/" + id + "/payload");
}

const std::string get_container = get("/containers/" + captured::container_id);

class barbican : public test::openstack
{
protected:
    // A container with all its parts.
    void put_container()
    {
        http.on(get_container, {captured::container()});
        for (const auto& part :
             {captured::private_key_part, captured::intermediates_part, captured::certificate_part})
        {
            http.on(get_secret(part), {captured::secret(part, "text/plain")});
        }
        http.on(get_secret(captured::container_id), {captured::secret_not_found()});
        http.on(get_payload(captured::certificate_part), {payload(certificate_pem)});
    }

    // One secret with a payload.
    void put_secret()
    {
        http.on(get("/containers/" + captured::secret_id), {captured::container_not_found()});
        http.on(get_secret(captured::secret_id), {captured::secret(captured::secret_id)});
        http.on(get_payload(captured::secret_id), {payload(certificate_pem)});
    }

    cloud::answer<cloud::certificate> ask(
        support::uuid id, std::optional<support::wall_time> known = std::nullopt
    )
    {
        return run(service.get_certificate("sao1", id, known));
    }

    ref_state look_up(const std::string& ref)
    {
        return run(service.look_up("sao1", cloud::container_ref(ref)));
    }
    ref_state look_up_container()
    {
        return look_up(captured::key_manager + "/containers/" + captured::container_id);
    }
    ref_state look_up_secret() { return look_up(captured::key_manager + "/secrets/" + captured::secret_id); }

    // Holds the work back until release().
    class held_offload final : public support::offload
    {
    public:
        explicit held_offload(support::clock& clock) : clock_(clock) {}

        support::task<> run(std::function<void()> work) override
        {
            ++begun;
            while (held)
            {
                co_await clock_.sleep_for(1s);
            }
            work();
        }

        bool held = false;
        int begun = 0;

    private:
        support::clock& clock_;
    };

    held_offload offload{clock()};
    cloud::openstack::barbican service{services, offload};
};

TEST_F(barbican, a_container_is_a_certificate)
{
    put_container();
    const auto read = ask(container_id);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->container_ref.str(), captured::key_manager + "/containers/" + captured::container_id);
    EXPECT_EQ(read->status, "ACTIVE");
    EXPECT_TRUE(read->usable);
    EXPECT_EQ(read->missing, "");
    EXPECT_EQ(read->expires_at, not_after);
    const auto& request = http.requests().back();
    EXPECT_EQ(net::find_header(request.headers, "Accept"), "text/plain") << "the type it was stored in";
    EXPECT_TRUE(request.sensitive);
}

TEST_F(barbican, a_secret_with_a_payload_is_a_certificate)
{
    put_secret();
    const auto read = ask(secret_id);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->container_ref.str(), captured::key_manager + "/secrets/" + captured::secret_id);
    EXPECT_TRUE(read->usable);
    EXPECT_EQ(read->expires_at, not_after);
    EXPECT_EQ(net::find_header(http.requests().back().headers, "Accept"), "application/octet-stream");
}

TEST_F(barbican, a_secret_that_is_no_bundle_is_in_doubt_whether_its_end_is_known_or_not)
{
    put_secret();
    for (const auto& bytes : {certificate_pem, std::string("not a certificate")})
    {
        cloud::openstack::barbican fresh{services, offload};
        http.on(get_payload(captured::secret_id), {payload(bytes)});
        const auto first = run(fresh.get_certificate("sao1", secret_id, std::nullopt));
        EXPECT_NE(first->doubt, "");
        EXPECT_EQ(run(fresh.get_certificate("sao1", secret_id, not_after))->doubt, first->doubt);
    }
    EXPECT_EQ(http.count(get_payload(captured::secret_id)), 2U) << "it is not read for that";
    put_container();
    EXPECT_EQ(ask(container_id)->doubt, "") << "a container is made of PEM";
}

TEST_F(barbican, neither_container_nor_secret_is_not_found)
{
    http.on(get("/containers/" + captured::unknown_id), {captured::container_not_found()});
    http.on(get_secret(captured::unknown_id), {captured::secret_not_found()});
    const auto read = ask(id(captured::unknown_id));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().kind, failure::not_found);
    EXPECT_EQ(read.error().message, "Barbican has no container and no secret " + captured::unknown_id);
}

TEST_F(barbican, the_kind_that_was_found_last_is_asked_for_first)
{
    put_secret();
    put_container();
    const auto as_container = get("/containers/" + captured::secret_id);
    for (int i = 0; i < 5; ++i)
    {
        EXPECT_TRUE(ask(secret_id));
    }
    EXPECT_EQ(http.count(as_container), 1U) << "nobody knew the kind";
    EXPECT_TRUE(ask(container_id));
    EXPECT_TRUE(ask(container_id));
    EXPECT_EQ(http.count(get_secret(captured::container_id)), 1U);
    EXPECT_TRUE(ask(secret_id)) << "a project may have both kinds";
}

TEST_F(barbican, the_payload_is_read_once)
{
    put_container();
    put_secret();
    for (int i = 0; i < 3; ++i)
    {
        EXPECT_EQ(ask(container_id)->expires_at, not_after);
        EXPECT_EQ(ask(secret_id)->expires_at, not_after);
    }
    EXPECT_EQ(http.count(get_payload(captured::certificate_part)), 1U);
    EXPECT_EQ(http.count(get_payload(captured::secret_id)), 1U);
}

// Untrusted payloads take their time in another thread, one after the other for each credential.
TEST_F(barbican, payloads_are_read_apart_from_the_loop_one_at_a_time)
{
    put_container();
    put_secret();
    offload.held = true;
    int ended = 0;
    for (const auto& id : {container_id, secret_id})
    {
        const auto read = [](cloud::openstack::barbican& from, support::uuid which, int& count
                          ) -> support::task<> {
            const auto certificate = co_await from.get_certificate("sao1", which, std::nullopt);
            count += certificate && certificate->expires_at == not_after ? 1 : 0;
        };
        spawn(read(service, id, ended));
    }
    advance(10s);
    EXPECT_EQ(offload.begun, 1);
    EXPECT_EQ(ended, 0);
    offload.held = false;
    advance(2s);
    EXPECT_EQ(offload.begun, 2);
    EXPECT_EQ(ended, 2);
}

TEST_F(barbican, a_known_end_saves_reading_the_payload)
{
    put_container();
    put_secret();
    const auto known = not_after - 24h;
    EXPECT_EQ(ask(container_id, known)->expires_at, known);
    EXPECT_EQ(ask(secret_id, known)->expires_at, known);
    EXPECT_EQ(http.count(get_payload(captured::certificate_part)), 0U);
    EXPECT_EQ(http.count(get_payload(captured::secret_id)), 0U);
}

TEST_F(barbican, a_payload_that_holds_no_certificate_only_leaves_the_end_unknown)
{
    put_secret();
    http.on(get_payload(captured::secret_id), {payload("not a certificate")});
    for (int i = 0; i < 2; ++i)
    {
        const auto read = ask(secret_id);
        ASSERT_TRUE(read);
        EXPECT_TRUE(read->usable);
        EXPECT_EQ(read->expires_at, std::nullopt);
    }
    EXPECT_EQ(http.count(get_payload(captured::secret_id)), 1U) << "it does not change";
}

TEST_F(barbican, a_payload_that_cannot_be_read_now_is_read_later)
{
    put_secret();
    http.on(
        get_payload(captured::secret_id),
        {captured::forbidden_by_barbican(),
         captured::html(502),
         support::fail(support::errc::interrupted, "cut"),
         payload(certificate_pem)}
    );
    for (int i = 0; i < 3; ++i)
    {
        const auto read = ask(secret_id);
        ASSERT_TRUE(read);
        EXPECT_TRUE(read->usable);
        EXPECT_EQ(read->expires_at, std::nullopt);
    }
    EXPECT_EQ(ask(secret_id)->expires_at, not_after);
}

TEST_F(barbican, what_is_not_usable_says_what_is_missing)
{
    const auto secret = [this](const net::http_response& answer) {
        put_secret();
        http.on(get_secret(captured::secret_id), {answer});
        const auto read = ask(secret_id);
        EXPECT_TRUE(read && !read->usable);
        return read->missing;
    };
    EXPECT_EQ(
        secret(captured::secret(captured::secret_id, "")),
        "secret " + captured::secret_id + " has no payload yet"
    );
    EXPECT_EQ(
        secret(captured::secret(captured::secret_id, "text/plain", "PENDING")),
        "secret " + captured::secret_id + " is PENDING"
    );

    const auto container = [this](const net::http_response& answer) {
        put_container();
        http.on(get_container, {answer});
        const auto read = ask(container_id);
        EXPECT_TRUE(read && !read->usable);
        return read->missing;
    };
    const auto certificate = captured::part("certificate", captured::certificate_part);
    const auto private_key = captured::part("private_key", captured::private_key_part);
    EXPECT_EQ(
        container(captured::container(certificate)),
        "the container lists no private_key, and a container cannot be changed; set spec.certificateId to a "
        "complete one"
    );
    EXPECT_EQ(
        container(captured::container(private_key)),
        "the container lists no certificate, and a container cannot be changed; set spec.certificateId to a "
        "complete one"
    );
    EXPECT_EQ(
        container(captured::container("")),
        "the container lists no certificate, and a container cannot be changed; set spec.certificateId to a "
        "complete one"
    );
    EXPECT_EQ(
        container(captured::container(certificate + "," + private_key, "generic")),
        "the container is of type \"generic\", not \"certificate\""
    );
    EXPECT_EQ(
        container(captured::container(certificate + "," + private_key, "certificate", "ERROR")),
        "the container is ERROR"
    );

    const auto part = [this](const net::http_response& answer) {
        put_container();
        http.on(get_secret(captured::private_key_part), {answer});
        const auto read = ask(container_id);
        EXPECT_TRUE(read && !read->usable);
        return read->missing;
    };
    EXPECT_EQ(
        part(captured::secret(captured::private_key_part, "")),
        "the part private_key (secret " + captured::private_key_part + ") has no payload yet"
    );
    EXPECT_EQ(
        part(captured::secret_not_found()),
        "the part private_key (secret " + captured::private_key_part +
            ") does not exist, and a container cannot be changed; set spec.certificateId to a complete one"
    );
    EXPECT_EQ(http.count(get_payload(captured::certificate_part)), 0U);
}

TEST_F(barbican, whoever_may_not_read_it_is_told)
{
    http.on(get_container, {captured::forbidden_by_barbican()});
    EXPECT_EQ(ask(container_id).error().kind, failure::access_denied);

    put_container();
    http.on(get_secret(captured::private_key_part), {captured::forbidden_by_barbican()});
    const auto part = ask(container_id);
    ASSERT_FALSE(part);
    EXPECT_EQ(part.error().kind, failure::access_denied);
    EXPECT_THAT(
        part.error().message, HasSubstr("the part private_key (secret " + captured::private_key_part + ")")
    );
}

TEST_F(barbican, no_usable_answer_is_never_not_found)
{
    for (const test::fake_http::reply& odd : {
             test::fake_http::reply(captured::html(404)),
             test::fake_http::reply(captured::html(200)),
             test::fake_http::reply(captured::json(200, "{}")),
             test::fake_http::reply(captured::json(404, "{}")),
             test::fake_http::reply(captured::keystone_down()),
             test::fake_http::reply(support::fail(support::errc::interrupted, "cut")),
         })
    {
        put_container();
        http.on(get_container, {odd});
        EXPECT_EQ(ask(container_id).error().kind, failure::transient);
        EXPECT_EQ(look_up_container(), ref_state::unanswered);
        put_container();
        http.on(get_secret(captured::private_key_part), {odd});
        EXPECT_EQ(ask(container_id).error().kind, failure::transient);
        EXPECT_EQ(look_up_container(), ref_state::unanswered);
        put_secret();
        http.on(get_secret(captured::secret_id), {odd});
        EXPECT_EQ(ask(secret_id).error().kind, failure::transient);
        EXPECT_EQ(look_up_secret(), ref_state::unanswered);
    }
}

TEST_F(barbican, a_ref_is_readable_if_all_of_it_is_there)
{
    put_container();
    put_secret();
    EXPECT_EQ(look_up_container(), ref_state::readable);
    EXPECT_EQ(look_up_secret(), ref_state::readable);
    EXPECT_EQ(http.count(get_payload(captured::secret_id)), 0U) << "no payload is read for it";
}

TEST_F(barbican, a_ref_is_dead_if_it_or_a_part_of_it_is_gone)
{
    http.on(get_secret(captured::secret_id), {captured::secret_not_found()});
    EXPECT_EQ(look_up_secret(), ref_state::dead);
    http.on(get_container, {captured::container_not_found()});
    EXPECT_EQ(look_up_container(), ref_state::dead);

    for (const auto& part :
         {captured::private_key_part, captured::intermediates_part, captured::certificate_part})
    {
        put_container();
        http.on(get_secret(part), {captured::secret_not_found()});
        EXPECT_EQ(look_up_container(), ref_state::dead) << part;
    }
    put_container();
    http.on(get_secret(captured::certificate_part), {captured::html(503)});
    http.on(get_secret(captured::intermediates_part), {captured::secret_not_found()});
    EXPECT_EQ(look_up_container(), ref_state::dead) << "whatever the other parts say";

    http.on(get_container, {captured::container(captured::part("certificate", captured::certificate_part))});
    EXPECT_EQ(look_up_container(), ref_state::dead) << "no private_key is listed";
}

TEST_F(barbican, a_ref_that_may_not_be_read_or_is_not_complete_is_unknown)
{
    http.on(get_secret(captured::secret_id), {captured::forbidden_by_barbican()});
    EXPECT_EQ(look_up_secret(), ref_state::unknown);
    http.on(get_secret(captured::secret_id), {captured::secret(captured::secret_id, "")});
    EXPECT_EQ(look_up_secret(), ref_state::unknown);
    http.on(get_container, {captured::forbidden_by_barbican()});
    EXPECT_EQ(look_up_container(), ref_state::unknown);
    put_container();
    http.on(get_container, {captured::container("", "generic")});
    EXPECT_EQ(look_up_container(), ref_state::unknown);
}

TEST_F(barbican, a_ref_with_another_host_name_is_looked_up_at_our_endpoint)
{
    put_secret();
    EXPECT_EQ(
        look_up("https://internal.example/key-manager/v1/secrets/" + captured::secret_id), ref_state::readable
    );
    for (const auto& request : http.requests())
    {
        EXPECT_EQ(request.origin.host, "127.0.0.1") << "no token goes elsewhere";
    }
}

TEST_F(barbican, a_ref_that_is_no_url_of_a_certificate_service_is_unknown)
{
    EXPECT_EQ(look_up("/var/lib/octavia/certificates/x"), ref_state::unknown);
    EXPECT_EQ(look_up(captured::secret_id), ref_state::unknown);
    EXPECT_EQ(http.requests().size(), 0U);
}

TEST(barbican_bodies, an_answer_about_something_else_is_odd)
{
    EXPECT_TRUE(read_secret(captured::secret(captured::secret_id).body, secret_id));
    EXPECT_FALSE(read_secret(captured::secret(captured::unknown_id).body, secret_id));
    EXPECT_FALSE(read_secret(captured::container().body, secret_id));
    EXPECT_TRUE(read_container(captured::container().body, container_id));
    EXPECT_FALSE(read_container(captured::container().body, secret_id));
    EXPECT_FALSE(read_container(captured::secret(captured::container_id).body, container_id));
    EXPECT_FALSE(read_container(captured::container(R"({"name":"certificate"})").body, container_id));
    EXPECT_FALSE(read_container(
        captured::container(R"({"name":"certificate","secret_ref":"http://x/v1/orders/1"})").body,
        container_id
    ));
    std::string many = captured::part("x", captured::secret_id);
    for (int i = 0; i < 16; ++i)
    {
        many += "," + captured::part("x", captured::secret_id);
    }
    EXPECT_FALSE(read_container(captured::container(many).body, container_id));
}

}  // namespace
