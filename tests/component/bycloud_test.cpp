// The whole controller in front of a cloud that attaches single bindings, over a Kubernetes and that cloud in
// memory.
#include "app/controller.hpp"
#include "cloud/bycloud/service_registry.hpp"
#include "fakes/cloud/fake_bycloud.hpp"
#include "fakes/kubernetes/fake_kube.hpp"
#include "support/log.hpp"
#include "support/loop.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>

namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using json = nlohmann::json;

// The reader of Secrets that no test here uses.
class no_reader final : public cloud::credential_reader
{
public:
    parser create_parser() override { return {}; }
};

// The objects that a killed process loses.
struct process
{
    process(test::loop& loop, kube::client& kube, net::http_client& http)
        : registry(http, loop.clock(), random, 30s),
          controller(
              {loop.executor(), loop.clock(), random, kube, reader, registry.share(entry()), {}}, {}, {}
          )
    {
        loop.spawn(controller.run());
    }

    static cloud::bycloud::service_entry entry()
    {
        cloud::bycloud::entry_text text;
        text.name = text.label = "prod";
        text.endpoint = "http://api.example";
        text.api_key = support::secret("AKIA1:hush");
        return cloud::bycloud::understand_entry(std::move(text)).value();
    }

    support::random_engine random{7};
    no_reader reader;
    cloud::bycloud::service_registry registry;
    app::controller controller;
};

class bycloud : public test::loop
{
protected:
    void start() { running = std::make_unique<process>(*this, kube, cloud); }

    // A kill -9: the state of the process is lost.
    void crash()
    {
        kube.cut = true;
        running->controller.abort();
        step();
        advance(1s);
        running.reset();
        kube.cut = false;
    }

    void TearDown() override
    {
        if (running)
        {
            crash();
        }
        test::loop::TearDown();
    }

    void bind(const std::string& name, const std::string& certificate, bool sni = false)
    {
        kube.create({.name = name, .certificate = certificate, .listener = listener, .sni = sni});
    }

    bool becomes(const std::string& name, const std::string& reason, support::duration limit = 10min)
    {
        return run_until([&] { return kube.exists(name) && kube.ready_reason(name) == reason; }, limit);
    }

    bool goes(const std::string& name)
    {
        return run_until([&] { return !kube.exists(name); }, 10min);
    }

    json status_of(const std::string& name) const { return kube.object(name)["status"]; }

    std::vector<std::string> events() const
    {
        std::vector<std::string> reasons;
        for (const auto& event : kube.events)
        {
            reasons.push_back(event["reason"].get<std::string>());
        }
        return reasons;
    }

    test::fake_kube kube{[] { return nullptr; }};
    test::fake_bycloud cloud{clock()};
    std::string listener = "00000000-0000-4000-8000-0000000000aa";
    std::unique_ptr<process> running;
};

// ---- attach ----

TEST_F(bycloud, attaches_and_reports_what_the_cloud_calls_it)
{
    const auto certificate = cloud.add_certificate();
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    const json& shown = *cloud.binding(certificate, listener);
    const auto status = status_of("web");
    EXPECT_EQ(status["state"], "active");
    EXPECT_EQ(status["errorMessage"], "");
    EXPECT_EQ(status["id"], shown["id"]);
    EXPECT_EQ(status["crn"], shown["crn"]);
    EXPECT_EQ(status["createdAt"], shown["created_at"]);
    EXPECT_EQ(status["updatedAt"], shown["updated_at"]);
    EXPECT_EQ(status["certificate"]["status"], "active");
    EXPECT_EQ(status["cloud"]["identity"], "http://api.example");
    EXPECT_EQ(
        status["attachments"],
        json::array(
            {{{"containerRef",
               "/v1/certificates/" + certificate + "/bindings/" + shown["id"].get<std::string>()},
              {"slot", "default"},
              {"confirmed", true}}}
        )
    );
    EXPECT_EQ(cloud.count("POST"), 1U);
    EXPECT_EQ(cloud.count("GET"), 2U) << "one to see the certificate, one to read the binding back";
}

// write-ahead
TEST_F(bycloud, has_finalizer_and_ledger_written_before_the_cloud_is_asked)
{
    const auto certificate = cloud.add_certificate();
    bool seen = false;
    cloud.before = [&](const net::http_request& request) -> std::optional<test::fake_bycloud::reply> {
        if (request.method == "POST")
        {
            seen = true;
            EXPECT_THAT(
                kube.object("web")["metadata"]["finalizers"], Contains("certificates.bycloud.io/detach")
            );
            EXPECT_EQ(kube.attachments("web")[0]["confirmed"], false);
        }
        return std::nullopt;
    };
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    EXPECT_TRUE(seen);
}

TEST_F(bycloud, polls_a_binding_that_is_pending)
{
    cloud.first_status = "pending";
    cloud.pending_for = 40s;
    const auto certificate = cloud.add_certificate();
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Progressing"));
    ASSERT_TRUE(run_until([&] { return status_of("web")["id"] != kube.object("web")["metadata"]["uid"]; }));
    EXPECT_EQ(status_of("web")["state"], "pending");
    ASSERT_TRUE(becomes("web", "Attached"));
    EXPECT_LT(cloud.count("GET"), 12U);
    EXPECT_EQ(cloud.count("POST"), 1U);
}

TEST_F(bycloud, tells_the_words_of_a_binding_that_failed)
{
    const auto certificate = cloud.add_certificate();
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    (*cloud.binding(certificate, listener))["status"] = "error";
    (*cloud.binding(certificate, listener))["error_message"] = "the listener has no room";
    ASSERT_TRUE(becomes("web", "CertificateRefused", 1h));
    EXPECT_EQ(status_of("web")["state"], "error");
    EXPECT_EQ(status_of("web")["errorMessage"], "the listener has no room");
}

TEST_F(bycloud, waits_for_a_certificate_and_names_the_records_that_are_missing)
{
    const auto certificate = cloud.add_certificate("pending_dns");
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "CertificateNotActive"));
    EXPECT_EQ(status_of("web")["state"], "pending");
    EXPECT_THAT(
        kube.message("web"), HasSubstr("_acme-challenge.shop.example CNAME shop.example.acme.bycloud.io")
    );
    EXPECT_EQ(cloud.count("POST"), 0U);
    cloud.certificate(certificate)["status"] = "active";
    EXPECT_TRUE(becomes("web", "Attached"));
}

TEST_F(bycloud, says_what_each_status_of_a_certificate_means)
{
    const std::vector<std::array<std::string, 3>> rows{
        {"pending_dns", "CertificateNotActive", "pending"},
        {"pending_issuance", "CertificateNotActive", "pending"},
        {"expired", "CertificateExpired", "error"},
        {"error", "CertificateNotActive", "error"},
        {"revoked", "CertificateNotActive", "error"},
        {"renewing", "CertificateNotActive", "pending"},
    };
    start();
    for (const auto& [status, reason, state] : rows)
    {
        const auto name = "b-" + status;
        kube.create(
            {.name = name, .certificate = cloud.add_certificate(status), .listener = listener, .sni = true}
        );
        ASSERT_TRUE(becomes(name, reason)) << status;
        EXPECT_EQ(kube.state(name), state) << status;
    }
    EXPECT_EQ(cloud.count("POST"), 0U);
}

TEST_F(bycloud, names_a_certificate_that_is_not_there)
{
    start();
    bind("web", "00000000-0000-4000-8000-00000000dead");
    ASSERT_TRUE(becomes("web", "CertificateNotFound"));
    EXPECT_EQ(kube.state("web"), "pending") << "it may still be created";
    EXPECT_TRUE(status_of("web")["attachments"].empty()) << "nothing is claimed";
    EXPECT_TRUE(run_until([&] { return kube.state("web") == "error"; }));
    EXPECT_LT(cloud.requests.size(), 20U);
}

// The bindings API of a controller does so.
TEST_F(bycloud, binds_a_certificate_that_the_cloud_shows_only_where_it_is_bound)
{
    const auto certificate = cloud.add_certificate();
    const auto other = cloud.add_certificate();
    cloud.before = [&](const net::http_request& request) -> std::optional<test::fake_bycloud::reply> {
        const bool is_bound =
            cloud.binding(request.target.contains(other) ? other : certificate, listener) != nullptr;
        if (request.method != "GET" || is_bound)
        {
            return std::nullopt;
        }
        const json error{{"error", {{"code", 404}, {"message", "no binding names the certificate"}}}};
        return net::http_response{404, {{"Content-Type", "application/json"}}, error.dump()};
    };
    start();
    bind("web", certificate, true);
    ASSERT_TRUE(becomes("web", "Attached"));
    EXPECT_EQ(cloud.count("POST"), 1U);
    kube.update("web", [&](json& object) { object["spec"]["certificateId"] = other; });
    ASSERT_TRUE(run_until([&] { return cloud.binding(certificate, listener) == nullptr; }));
    ASSERT_TRUE(becomes("web", "Attached"));
    EXPECT_EQ(status_of("web")["id"], (*cloud.binding(other, listener))["id"]);
    kube.remove("web");
    ASSERT_TRUE(goes("web"));
    EXPECT_EQ(cloud.bindings(), 0U);
}

// ---- 409 ----

TEST_F(bycloud, adopts_a_binding_that_is_there)
{
    const auto certificate = cloud.add_certificate();
    start();
    bind("first", certificate);
    ASSERT_TRUE(becomes("first", "Attached"));
    kube.update("first", [](json& object) { object["spec"]["deletionPolicy"] = "Retain"; });
    kube.remove("first");
    ASSERT_TRUE(goes("first"));
    bind("second", certificate);
    ASSERT_TRUE(becomes("second", "Attached"));
    EXPECT_EQ(cloud.count("POST"), 1U);
    EXPECT_THAT(events(), Contains("Adopted"));
    EXPECT_THAT(events(), Contains("Retained"));
}

TEST_F(bycloud, adopts_what_a_refused_request_turns_out_to_be)
{
    const auto certificate = cloud.add_certificate();
    bool other_made_it = false;
    cloud.before = [&](const net::http_request& request) -> std::optional<test::fake_bycloud::reply> {
        if (request.method == "POST" && !std::exchange(other_made_it, true))
        {
            // Somebody else is a moment faster.
            cloud.certificate(certificate)["bindings"].push_back(
                {{"id", "00000000-0000-4000-8000-00000000beef"},
                 {"crn", "crn:sao1:certificate:binding:x"},
                 {"resource_type", "octavia:listener"},
                 {"resource_id", listener},
                 {"options", {{"sni", false}}},
                 {"status", "active"}}
            );
        }
        return std::nullopt;
    };
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    EXPECT_EQ(status_of("web")["id"], "00000000-0000-4000-8000-00000000beef");
    EXPECT_EQ(cloud.bindings(), 1U);
}

TEST_F(bycloud, leaves_a_foreign_binding_with_the_other_option_alone)
{
    const auto certificate = cloud.add_certificate();
    cloud.certificate(certificate)["bindings"].push_back(
        {{"id", "00000000-0000-4000-8000-00000000beef"},
         {"resource_type", "octavia:listener"},
         {"resource_id", listener},
         {"options", {{"sni", true}}},
         {"status", "active"}}
    );
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Conflict"));
    EXPECT_EQ(cloud.count("POST"), 0U);
    EXPECT_THAT(kube.message("web"), HasSubstr("00000000-0000-4000-8000-00000000beef"));
}

TEST_F(bycloud, gives_the_default_slot_to_one_binding)
{
    const auto first = cloud.add_certificate();
    const auto second = cloud.add_certificate();
    start();
    bind("first", first);
    ASSERT_TRUE(becomes("first", "Attached"));
    bind("second", second);
    ASSERT_TRUE(becomes("second", "Conflict"));
    EXPECT_THAT(kube.message("second"), HasSubstr("shop/first"));
    kube.remove("first");
    ASSERT_TRUE(goes("first"));
    EXPECT_TRUE(becomes("second", "Attached", 1h));
}

// One binding of the cloud belongs to one object, so the deletion of the other one takes nothing off the
// listener.
TEST_F(bycloud, gives_one_certificate_in_one_slot_to_one_binding)
{
    const auto certificate = cloud.add_certificate();
    start();
    bind("first", certificate);
    ASSERT_TRUE(becomes("first", "Attached"));
    bind("second", certificate);
    ASSERT_TRUE(becomes("second", "Conflict"));
    EXPECT_THAT(kube.message("second"), HasSubstr("shop/first"));
    EXPECT_EQ(kube.attachments("second"), json::array());
    EXPECT_FALSE(kube.object("second")["metadata"].contains("finalizers"));
    kube.remove("second");
    ASSERT_TRUE(goes("second"));
    EXPECT_EQ(cloud.bindings(), 1U);
    EXPECT_EQ(cloud.count("DELETE"), 0U);
    bind("second", certificate);
    ASSERT_TRUE(becomes("second", "Conflict"));
    kube.remove("first");
    ASSERT_TRUE(goes("first"));
    EXPECT_TRUE(becomes("second", "Attached", 1h));
    EXPECT_EQ(cloud.bindings(), 1U);
}

// ---- refusals ----

using reply = test::fake_bycloud::reply;

reply refusal(int status)
{
    const json error{{"code", status}, {"message", "no"}, {"request_id", "req-1"}};
    return net::http_response{status, {{"Content-Type", "application/json"}}, json{{"error", error}}.dump()};
}

// write-ahead: what the cloud itself refused is not attached, so the binding does not claim it any more.
TEST_F(bycloud, takes_its_entry_back_if_the_cloud_itself_refuses)
{
    const std::map<int, std::string> reasons{
        {400, "CertificateRefused"},
        {401, "CredentialsInvalid"},
        {403, "ListenerAccessDenied"},
        {404, "ListenerNotFound"},
        {409, "LoadBalancerBusy"},
        {422, "CertificateRefused"},
    };
    start();
    for (const auto& [status, reason] : reasons)
    {
        const auto name = "b" + std::to_string(status);
        cloud.before = [&, refused = status](const net::http_request& request) -> std::optional<reply> {
            if (request.method != "POST")
            {
                return std::nullopt;
            }
            EXPECT_EQ(kube.attachments(name).size(), 1U) << "each request has its entry before it is sent";
            return refusal(refused);
        };
        const auto asked_before = cloud.count("POST");
        bind(name, cloud.add_certificate(), true);
        ASSERT_TRUE(becomes(name, reason)) << status;
        // A 409 proves it only with two reads.
        ASSERT_TRUE(run_until([&] { return kube.attachments(name).empty() || status != 409; })) << status;
        EXPECT_EQ(kube.attachments(name), json::array()) << status;
        // It is asked again, with an entry, and the same comes of it.
        ASSERT_TRUE(run_until([&] { return cloud.count("POST") == asked_before + 2; }, 2h)) << status;
        ASSERT_TRUE(run_until([&] { return kube.attachments(name).empty(); })) << status;
        kube.remove(name);
        ASSERT_TRUE(goes(name));
    }
    EXPECT_EQ(cloud.count("DELETE"), 0U) << "nothing was attached";
}

// unanswered-writes: what may be attached, or was not sent yet, stays in the ledger.
TEST_F(bycloud, keeps_its_entry_if_no_answer_of_the_cloud_tells_that_nothing_is_attached)
{
    const std::vector<std::pair<std::string, reply>> rows{
        {"b408", refusal(408)},
        {"b429", refusal(429)},
        {"b500", refusal(500)},
        {"page", net::http_response{404, {{"Content-Type", "text/html"}}, "<html>not here</html>"}},
        {"cut", support::fail(support::errc::interrupted, "cut")},
        {"unreachable", support::fail(support::errc::unreachable, "no route to host")},
    };
    start();
    for (const auto& [name, answer] : rows)
    {
        const auto asked_before = cloud.count("POST");
        cloud.before = [&](const net::http_request& request) -> std::optional<reply> {
            return request.method == "POST" ? std::optional(answer) : std::nullopt;
        };
        bind(name, cloud.add_certificate(), true);
        ASSERT_TRUE(run_until([&] { return cloud.count("POST") > asked_before; })) << name;
        advance(1s);
        const auto entries = kube.attachments(name);
        ASSERT_EQ(entries.size(), 1U) << name;
        EXPECT_EQ(entries[0]["confirmed"], false) << name;
        cloud.before = {};
        ASSERT_TRUE(becomes(name, "Attached")) << name;
    }
}

TEST_F(bycloud, keeps_its_entry_after_an_earlier_refusal_if_the_next_answer_is_lost)
{
    int posts = 0;
    cloud.before = [&](const net::http_request& request) -> std::optional<reply> {
        if (request.method != "POST")
        {
            return std::nullopt;
        }
        return ++posts == 1 ? refusal(403) : reply(support::fail(support::errc::interrupted, "cut"));
    };
    const auto certificate = cloud.add_certificate();
    start();
    bind("web", certificate);
    ASSERT_TRUE(run_until([&] { return posts == 1 && kube.attachments("web").empty(); }));
    ASSERT_TRUE(run_until([&] { return posts == 2; }));
    advance(1s);
    // It has an obstacle now.
    cloud.certificate(certificate)["status"] = "pending_issuance";
    advance(2min);
    EXPECT_EQ(kube.ready_reason("web"), "CertificateNotActive");
    EXPECT_EQ(kube.attachments("web").size(), 1U) << "the second request had no answer";
}

// What the cloud has shown is not forgotten before a proof, although it was never active.
TEST_F(bycloud, keeps_the_entry_of_a_pending_binding_that_one_read_does_not_show)
{
    const json missing{{"error", {{"code", 404}, {"message", "not found"}, {"request_id", "req-1"}}}};
    for (const bool shows_certificate : {true, false})
    {
        const auto certificate = cloud.add_certificate();
        const std::string name = shows_certificate ? "stale" : "missing";
        const std::string to = test::numbered_id(0xbb, shows_certificate ? 1 : 2);
        json empty = cloud.certificate(certificate);
        cloud.certificate(certificate)["bindings"].push_back(
            {{"id", test::numbered_id(0xbe, shows_certificate ? 1 : 2)},
             {"crn", "crn:x"},
             {"resource_type", "octavia:listener"},
             {"resource_id", to},
             {"options", {{"sni", false}}},
             {"status", "pending"}}
        );
        int stale_reads = 0;
        cloud.before = [&](const net::http_request& request) -> std::optional<reply> {
            if (request.method == "POST")
            {
                return refusal(409);
            }
            if (stale_reads == 0 || request.method != "GET")
            {
                return std::nullopt;
            }
            --stale_reads;
            const json body = shows_certificate ? json{{"certificate", empty}} : missing;
            return net::http_response{
                shows_certificate ? 200 : 404, {{"Content-Type", "application/json"}}, body.dump()
            };
        };
        if (!running)
        {
            start();
        }
        kube.create({.name = name, .certificate = certificate, .listener = to});
        ASSERT_TRUE(run_until([&] { return kube.exists(name) && kube.attachments(name).size() == 1; }))
            << name;
        const auto entry = kube.attachments(name);
        const auto asked_before = cloud.count("POST");
        stale_reads = 1;
        advance(1min);
        EXPECT_EQ(stale_reads, 0) << name;
        EXPECT_EQ(cloud.count("POST"), asked_before) << name;
        EXPECT_EQ(kube.attachments(name), entry) << name;
        kube.remove(name);
        ASSERT_TRUE(goes(name)) << name;
        EXPECT_EQ(cloud.bindings(), 0U) << name;
    }
}

// The binding that a lost request made is there, and one read of an old state follows the 409 that says so.
TEST_F(bycloud, keeps_its_entry_after_a_409_that_one_old_read_seems_to_confirm)
{
    const auto certificate = cloud.add_certificate();
    const json empty{{"certificate", cloud.certificate(certificate)}};
    int posts = 0;
    bool is_old = true;  // what the reads show
    std::size_t fewest = 1;
    cloud.before = [&](const net::http_request& request) -> std::optional<reply> {
        if (request.method == "POST")
        {
            return ++posts == 1 ? std::nullopt : std::optional(refusal(409));
        }
        return request.method == "GET" && is_old
                   ? std::optional<reply>(
                         net::http_response{200, {{"Content-Type", "application/json"}}, empty.dump()}
                     )
                   : std::nullopt;
    };
    cloud.after = [&](const net::http_request& request) -> std::optional<reply> {
        return request.method == "POST"
                   ? std::optional<reply>(support::fail(support::errc::interrupted, "cut"))
                   : std::nullopt;
    };
    start();
    bind("web", certificate);
    ASSERT_TRUE(run_until([&] {
        fewest = posts == 0 ? 1 : std::min(fewest, kube.attachments("web").size());
        return posts == 5;
    }));
    EXPECT_EQ(fewest, 1U) << "an earlier request had no answer";
    is_old = false;
    kube.remove("web");
    ASSERT_TRUE(goes("web"));
    EXPECT_EQ(cloud.bindings(), 0U);
}

// ---- lost answers ----

// unanswered-writes: the answer is lost, and the binding is there.
TEST_F(bycloud, finds_a_binding_whose_answer_was_lost)
{
    const auto certificate = cloud.add_certificate();
    bool lost = false;
    cloud.after = [&](const net::http_request& request) -> std::optional<test::fake_bycloud::reply> {
        return request.method == "POST" && !std::exchange(lost, true)
                   ? std::optional(test::fake_bycloud::reply(support::fail(support::errc::interrupted, "cut"))
                     )
                   : std::nullopt;
    };
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    EXPECT_EQ(cloud.count("POST"), 1U);
    EXPECT_EQ(cloud.bindings(), 1U);
}

// unanswered-writes: the answer is lost, and a second request waits until the first can do nothing more.
TEST_F(bycloud, does_not_ask_again_while_a_lost_request_may_take_effect)
{
    const auto certificate = cloud.add_certificate();
    bool lost = false;
    cloud.before = [&](const net::http_request& request) -> std::optional<test::fake_bycloud::reply> {
        return request.method == "POST" && !std::exchange(lost, true)
                   ? std::optional(test::fake_bycloud::reply(support::fail(support::errc::interrupted, "cut"))
                     )
                   : std::nullopt;
    };
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    std::vector<support::time_point> posts;
    for (const auto& request : cloud.requests)
    {
        if (request.line.starts_with("POST"))
        {
            posts.push_back(request.at);
        }
    }
    ASSERT_EQ(posts.size(), 2U);
    EXPECT_GE(posts[1] - posts[0], 30s);
}

// verified-ready: the answer alone is not enough.
TEST_F(bycloud, is_not_ready_before_a_read_shows_the_binding)
{
    const auto certificate = cloud.add_certificate();
    bool hides = true;
    cloud.after = [&](const net::http_request& request) -> std::optional<test::fake_bycloud::reply> {
        if (request.method != "GET" || !hides)
        {
            return std::nullopt;
        }
        json answer{{"certificate", cloud.certificate(certificate)}};
        answer["certificate"]["bindings"] = json::array();
        return net::http_response{200, {{"Content-Type", "application/json"}}, answer.dump()};
    };
    start();
    bind("web", certificate);
    ASSERT_TRUE(run_until([&] { return cloud.bindings() == 1; }));
    advance(20s);
    EXPECT_EQ(kube.ready_reason("web"), "Progressing");
    hides = false;
    EXPECT_TRUE(becomes("web", "Attached"));
    EXPECT_EQ(cloud.count("POST"), 1U);
}

TEST_F(bycloud, goes_on_after_a_crash_at_any_request)
{
    for (int crash_at = 1; crash_at <= 6; ++crash_at)
    {
        const auto certificate = cloud.add_certificate();
        const auto name = "web" + std::to_string(crash_at);
        int requests = 0;
        bool dies = false;
        cloud.after = [&](const net::http_request&) -> std::optional<test::fake_bycloud::reply> {
            dies = dies || ++requests == crash_at;
            return std::nullopt;
        };
        start();
        kube.create({.name = name, .certificate = certificate, .listener = listener, .sni = true});
        (void)run_until([&] { return dies || kube.ready_reason(name) == "Attached"; }, 2min);
        kube.remove(name);
        (void)run_until([&] { return dies || !kube.exists(name); }, 2min);
        crash();
        cloud.after = {};
        start();
        ASSERT_TRUE(goes(name)) << crash_at;
        EXPECT_EQ(cloud.bindings(), 0U) << "a crash at request " << crash_at << " leaves nothing behind";
        crash();
        running.reset();
    }
}

// ---- rotation ----

// gapless-rotation
TEST_F(bycloud, binds_the_new_certificate_before_the_old_binding_goes)
{
    const auto before = cloud.add_certificate();
    const auto after = cloud.add_certificate();
    start();
    bind("web", before);
    ASSERT_TRUE(becomes("web", "Attached"));
    cloud.before = [&](const net::http_request& request) -> std::optional<test::fake_bycloud::reply> {
        if (request.method == "DELETE")
        {
            EXPECT_NE(cloud.binding(after, listener), nullptr);
        }
        return std::nullopt;
    };
    kube.update("web", [&](json& object) { object["spec"]["certificateId"] = after; });
    ASSERT_TRUE(run_until([&] { return cloud.binding(before, listener) == nullptr; }));
    ASSERT_TRUE(becomes("web", "Attached"));
    ASSERT_TRUE(run_until([&] { return kube.attachments("web").size() == 1; }));
    EXPECT_EQ(status_of("web")["id"], (*cloud.binding(after, listener))["id"]);
    EXPECT_EQ(status_of("web")["observedGeneration"], 2);
    EXPECT_EQ(kube.state("web"), "active");
}

TEST_F(bycloud, keeps_the_old_binding_until_the_new_certificate_is_active)
{
    const auto before = cloud.add_certificate();
    const auto after = cloud.add_certificate("pending_issuance");
    start();
    bind("web", before);
    ASSERT_TRUE(becomes("web", "Attached"));
    kube.update("web", [&](json& object) { object["spec"]["certificateId"] = after; });
    ASSERT_TRUE(becomes("web", "CertificateNotActive"));
    EXPECT_NE(cloud.binding(before, listener), nullptr);
    cloud.certificate(after)["status"] = "active";
    ASSERT_TRUE(becomes("web", "Attached"));
    EXPECT_EQ(cloud.binding(before, listener), nullptr);
}

TEST_F(bycloud, changes_the_option_by_a_new_binding)
{
    const auto certificate = cloud.add_certificate();
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    kube.update("web", [&](json& object) { object["spec"]["options"]["sni"] = true; });
    ASSERT_TRUE(run_until([&] {
        const auto* shown = cloud.binding(certificate, listener);
        return shown != nullptr && (*shown)["options"]["sni"] == true;
    }));
    ASSERT_TRUE(becomes("web", "Attached"));
    EXPECT_EQ(cloud.bindings(), 1U);
}

// ---- drift ----

TEST_F(bycloud, makes_again_what_somebody_removed_and_ever_more_slowly)
{
    const auto certificate = cloud.add_certificate();
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    const auto start_of_contest = clock().now();
    while (clock().now() - start_of_contest < 4h)
    {
        if (cloud.binding(certificate, listener) != nullptr)
        {
            cloud.certificate(certificate)["bindings"] = json::array();
        }
        advance(1min);
    }
    EXPECT_LT(cloud.count("POST"), 12U);
    EXPECT_GT(cloud.count("POST"), 3U);
    EXPECT_EQ(kube.ready_reason("web"), "Contested");
}

// The bindings API of a controller answers 404 for a certificate whose last binding somebody removed.
TEST_F(bycloud, makes_again_what_somebody_removed_behind_a_bindings_api)
{
    const auto certificate = cloud.add_certificate();
    cloud.before = [&](const net::http_request& request) -> std::optional<reply> {
        return request.method != "GET" || cloud.binding(certificate, listener) != nullptr
                   ? std::nullopt
                   : std::optional(refusal(404));
    };
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    cloud.certificate(certificate)["bindings"] = json::array();
    ASSERT_TRUE(run_until([&] { return cloud.count("POST") == 2; }, 1h));
    ASSERT_TRUE(becomes("web", "Attached"));
    const auto start_of_contest = clock().now();
    while (clock().now() - start_of_contest < 4h)
    {
        if (cloud.binding(certificate, listener) != nullptr)
        {
            cloud.certificate(certificate)["bindings"] = json::array();
        }
        advance(1min);
    }
    EXPECT_LT(cloud.count("POST"), 12U);
    EXPECT_GT(cloud.count("POST"), 3U);
    EXPECT_EQ(kube.ready_reason("web"), "Contested");
    // Only the answer to the request tells that the certificate itself is gone.
    cloud.delete_certificate(certificate);
    EXPECT_TRUE(becomes("web", "CertificateNotFound", 3h));
}

// ---- detach ----

TEST_F(bycloud, removes_the_binding_with_the_object)
{
    const auto certificate = cloud.add_certificate();
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    kube.remove("web");
    ASSERT_TRUE(goes("web"));
    EXPECT_EQ(cloud.bindings(), 0U);
    EXPECT_THAT(events(), Not(Contains("RefsOrphaned")));
}

TEST_F(bycloud, says_that_the_cloud_cannot_detach_and_names_the_ways_out)
{
    cloud.knows_delete = false;
    const auto certificate = cloud.add_certificate();
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    kube.remove("web");
    ASSERT_TRUE(becomes("web", "DetachNotSupported"));
    EXPECT_EQ(kube.state("web"), "deleting");
    EXPECT_THAT(kube.message("web"), HasSubstr("Retain"));
    EXPECT_THAT(kube.message("web"), HasSubstr("certificates.bycloud.io/abandon"));
    // By hand, in the cloud's console.
    cloud.certificate(certificate)["bindings"] = json::array();
    EXPECT_TRUE(goes("web"));
}

// What a router answers for a path that it does not know, and a proxy for a server that is away.
const net::http_response page_not_found{404, {{"Content-Type", "text/plain"}}, "404 page not found"};

TEST_F(bycloud, says_that_the_cloud_cannot_detach_if_it_knows_no_path_for_it)
{
    const auto certificate = cloud.add_certificate();
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    std::vector<support::time_point> removals;
    cloud.before = [&](const net::http_request& request) -> std::optional<test::fake_bycloud::reply> {
        if (request.method != "DELETE")
        {
            return std::nullopt;
        }
        removals.push_back(clock().now());
        return page_not_found;
    };
    kube.remove("web");
    ASSERT_TRUE(becomes("web", "DetachNotSupported", 10s));
    EXPECT_THAT(kube.message("web"), HasSubstr("knows no path that removes a binding"));
    EXPECT_THAT(kube.message("web"), HasSubstr("Retain"));
    EXPECT_THAT(kube.message("web"), HasSubstr("certificates.bycloud.io/abandon"));
    EXPECT_EQ(removals.size(), 2U);
    advance(5h);
    for (std::size_t i = 2; i < removals.size(); ++i)
    {
        EXPECT_TRUE(
            removals[i] - removals[i - 1] > removals[i - 1] - removals[i - 2] ||
            removals[i] - removals[i - 1] >= 1h
        ) << "removal "
          << i;
    }
    EXPECT_GE(removals.size(), 15U);
    EXPECT_LT(removals.size(), 20U);
    EXPECT_EQ(kube.ready_reason("web"), "DetachNotSupported");
    // By hand, in the cloud's console.
    cloud.certificate(certificate)["bindings"] = json::array();
    EXPECT_TRUE(goes("web"));
}

TEST_F(bycloud, does_not_take_one_page_of_a_proxy_for_a_cloud_that_cannot_detach)
{
    const auto certificate = cloud.add_certificate();
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    int pages = 1;
    cloud.before = [&](const net::http_request& request) -> std::optional<test::fake_bycloud::reply> {
        return request.method == "DELETE" && pages-- > 0
                   ? std::optional(test::fake_bycloud::reply(page_not_found))
                   : std::nullopt;
    };
    kube.remove("web");
    std::set<std::string> reasons;
    ASSERT_TRUE(run_until(
        [&] {
            const bool exists = kube.exists("web");
            reasons.insert(exists ? kube.ready_reason("web") : "");
            return !exists;
        },
        10s
    ));
    EXPECT_THAT(reasons, Not(Contains("DetachNotSupported")));
    EXPECT_EQ(cloud.bindings(), 0U);
}

TEST_F(bycloud, removes_what_has_no_answer_ever_more_slowly)
{
    const auto certificate = cloud.add_certificate();
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    bool fails = true;
    cloud.before = [&](const net::http_request& request) -> std::optional<test::fake_bycloud::reply> {
        return fails && request.method == "DELETE"
                   ? std::optional(test::fake_bycloud::reply(net::http_response{500, {}, ""}))
                   : std::nullopt;
    };
    kube.remove("web");
    advance(30min);
    EXPECT_LT(cloud.count("DELETE"), 35U);
    EXPECT_GT(cloud.count("DELETE"), 25U);
    fails = false;
    EXPECT_TRUE(goes("web"));
}

TEST_F(bycloud, lets_go_of_what_the_cloud_cannot_detach_if_the_object_asks)
{
    cloud.knows_delete = false;
    const auto certificate = cloud.add_certificate();
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    kube.remove("web");
    ASSERT_TRUE(becomes("web", "DetachNotSupported"));
    kube.update("web", [](json& object) {
        object["metadata"]["annotations"]["certificates.bycloud.io/abandon"] = "true";
    });
    ASSERT_TRUE(goes("web"));
    EXPECT_EQ(cloud.bindings(), 1U);
}

// unanswered-writes: no 404 of the certificate ends the doubt about a request that may still take effect.
TEST_F(bycloud, stays_until_a_lost_request_can_do_nothing_more_behind_a_404)
{
    const auto certificate = cloud.add_certificate();
    support::time_point sent{};
    bool takes_effect = false;
    cloud.before = [&](const net::http_request& request) -> std::optional<reply> {
        if (request.method == "POST")
        {
            sent = clock().now();
            return net::http_response{504, {{"Content-Type", "text/html"}}, "gateway timeout"};
        }
        return request.method == "GET" && !takes_effect ? std::optional(refusal(404)) : std::nullopt;
    };
    start();
    bind("web", certificate);
    ASSERT_TRUE(run_until([&] { return sent != support::time_point{}; }));
    advance(1s);
    kube.remove("web");
    advance(15s);
    ASSERT_TRUE(kube.exists("web"));
    takes_effect = true;
    cloud.certificate(certificate)["bindings"].push_back(
        {{"id", test::numbered_id(0xbe, 1)},
         {"crn", "crn:x"},
         {"resource_type", "octavia:listener"},
         {"resource_id", listener},
         {"options", {{"sni", false}}},
         {"status", "active"}}
    );
    ASSERT_TRUE(goes("web"));
    EXPECT_EQ(cloud.bindings(), 0U);
}

// One read may be old: the removal did not reach the cloud, and the read shows a state from before the
// binding.
TEST_F(bycloud, removes_what_one_old_read_does_not_show)
{
    const auto certificate = cloud.add_certificate();
    const json empty{{"certificate", cloud.certificate(certificate)}};
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    bool is_lost = false;
    bool is_old = false;
    cloud.before = [&](const net::http_request& request) -> std::optional<reply> {
        if (request.method == "DELETE" && !std::exchange(is_lost, true))
        {
            is_old = true;
            return net::http_response{504, {{"Content-Type", "text/html"}}, "gateway timeout"};
        }
        return request.method == "GET" && std::exchange(is_old, false)
                   ? std::optional<reply>(
                         net::http_response{200, {{"Content-Type", "application/json"}}, empty.dump()}
                     )
                   : std::nullopt;
    };
    kube.remove("web");
    ASSERT_TRUE(goes("web"));
    EXPECT_EQ(cloud.bindings(), 0U);
    EXPECT_EQ(cloud.count("DELETE"), 2U);
}

// proven-gone
TEST_F(bycloud, believes_that_a_certificate_is_gone_after_two_answers)
{
    const auto certificate = cloud.add_certificate();
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    cloud.delete_certificate(certificate);
    const auto asked_before = cloud.requests.size();
    kube.remove("web");
    ASSERT_TRUE(goes("web"));
    std::vector<support::time_point> reads;
    for (auto it = cloud.requests.begin() + static_cast<std::ptrdiff_t>(asked_before);
         it != cloud.requests.end();
         ++it)
    {
        if (it->line.starts_with("GET"))
        {
            reads.push_back(it->at);
        }
    }
    ASSERT_GE(reads.size(), 2U);
    EXPECT_GE(reads.back() - reads.front(), 5s);
}

TEST_F(bycloud, keeps_the_finalizer_while_the_cloud_is_silent)
{
    const auto certificate = cloud.add_certificate();
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    bool silent = true;
    cloud.before = [&](const net::http_request&) -> std::optional<test::fake_bycloud::reply> {
        return silent ? std::optional(
                            test::fake_bycloud::reply(net::http_response{404, {}, "<html>not here</html>"})
                        )
                      : std::nullopt;
    };
    kube.remove("web");
    advance(30min);
    ASSERT_TRUE(kube.exists("web")) << "a page of a proxy is no answer";
    EXPECT_EQ(kube.ready_reason("web"), "Detaching") << "it does not say that there is no such call";
    EXPECT_THAT(kube.message("web"), HasSubstr("ByCloud answers 404 for certificate " + certificate));
    silent = false;
    EXPECT_TRUE(goes("web"));
    EXPECT_EQ(cloud.bindings(), 0U);
}

TEST_F(bycloud, stays_ready_while_the_cloud_fails_for_a_moment)
{
    const auto certificate = cloud.add_certificate();
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    const auto writes = kube.writes.size();
    bool fails = true;
    cloud.before = [&](const net::http_request&) -> std::optional<test::fake_bycloud::reply> {
        return fails ? std::optional(test::fake_bycloud::reply(net::http_response{503, {}, ""}))
                     : std::nullopt;
    };
    advance(20min);
    EXPECT_EQ(kube.state("web"), "active");
    EXPECT_EQ(kube.writes.size(), writes);
    EXPECT_TRUE(becomes("web", "CloudUnavailable", 2h));
    fails = false;
    EXPECT_TRUE(becomes("web", "Attached", 1h));
}

// ---- limits ----

TEST_F(bycloud, never_meets_a_limit_with_a_thousand_bindings)
{
    constexpr int many = 1000;
    constexpr int of_one_certificate = 20;
    const support::log_capture quiet;
    kube.swallow_events = true;
    cloud.minute_limit = 60;
    cloud.hour_limit = 1000;
    std::string certificate;
    start();
    for (int i = 0; i < many; ++i)
    {
        certificate = i % of_one_certificate == 0 ? cloud.add_certificate() : certificate;
        kube.create(
            {.name = "b" + std::to_string(i),
             .certificate = certificate,
             .listener = test::numbered_id(0x9000, i),
             .sni = true}
        );
    }
    const auto begin = clock().now();
    const auto active = [&] {
        return std::ranges::count_if(kube.objects(), [&](const auto& entry) {
            return kube.state(entry.first) == "active";
        });
    };
    while (active() < many && clock().now() - begin < 4h)
    {
        advance(1min);
    }
    EXPECT_EQ(active(), many);
    EXPECT_EQ(cloud.refused(), 0U);
    EXPECT_EQ(cloud.count("POST"), std::size_t{many});
    EXPECT_LT(cloud.count("GET"), std::size_t{many}) << "one read shows all bindings of a certificate";
    EXPECT_LT(clock().now() - begin, 100min) << "a thousand requests an hour";
    // A deletion does not wait for what is only verified.
    advance(30min);
    const auto removed_at = clock().now();
    kube.remove("b7");
    ASSERT_TRUE(run_until([&] { return !kube.exists("b7"); }, 5min));
    EXPECT_LT(clock().now() - removed_at, 10s);
    advance(2h);
    EXPECT_EQ(cloud.refused(), 0U);
    EXPECT_EQ(active(), many - 1);
}

}  // namespace
