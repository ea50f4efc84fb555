#include "app/metrics_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sstream>
#include <unistd.h>

namespace {

using test::expiring;
using test::ready;

class metrics : public test::metrics_page
{};

using namespace std::chrono_literals;
using kind = runtime::outcome::kind;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST_F(metrics, have_a_type_and_a_help_text_each)
{
    add("web", expiring("aaaaaaaa-0000-4000-8000-000000000001", "2026-12-01T00:00:00Z"));
    std::string helped;
    std::string typed;
    for (const std::string& line : lines())
    {
        std::istringstream words(line);
        std::string hash;
        std::string keyword;
        std::string name;
        words >> hash >> keyword >> name;
        if (keyword == "HELP")
        {
            helped = name;
            EXPECT_GT(line.size(), line.find(name) + name.size() + 10) << line;
            EXPECT_TRUE(line.ends_with('.')) << line;
        }
        else if (keyword == "TYPE")
        {
            typed = name;
            EXPECT_EQ(typed, helped);
        }
        else
        {
            EXPECT_THAT(line, StartsWith(typed));
        }
    }
}

TEST_F(metrics, are_there_before_anything_happened)
{
    EXPECT_THAT(lines(), Contains("certificatebinding_listener_updates_total{result=\"accepted\"} 0"));
    EXPECT_THAT(
        lines(),
        Contains("controller_runtime_reconcile_total{controller=\"certificatebinding\",result=\"error\"} 0")
    );
    EXPECT_THAT(
        lines(), Contains("controller_runtime_reconcile_errors_total{controller=\"certificatebinding\"} 0")
    );
    EXPECT_THAT(lines(), Contains("certificatebinding_foreign_update_window_seconds_count 0"));
    EXPECT_THAT(lines(), Contains("certificatebinding_bindings{reason=\"LastCertificate\"} 0"));
    EXPECT_THAT(lines(), Contains("certificatebinding_build_info{version=\"" PROJECT_VERSION "\"} 1"));
}

TEST_F(metrics, count_namespaces_that_are_not_listed)
{
    EXPECT_THAT(lines(), Contains("certificatebinding_unlisted_namespaces 1"));
    sink.list_began();
    sink.list_ended();
    EXPECT_THAT(lines(), Contains("certificatebinding_unlisted_namespaces 0"));
}

TEST_F(metrics, count_bindings_that_nobody_watches_where_that_is_known)
{
    EXPECT_THAT(page(), Not(HasSubstr("certificatebinding_unwatched")));
    const auto next = counted.page({bindings, {}, {}, events, 7});
    EXPECT_THAT(next().value_or(""), HasSubstr("\ncertificatebinding_unwatched 7\n"));
}

TEST_F(metrics, count_passes_by_how_they_ended)
{
    for (const kind outcome : {kind::retry, kind::retry, kind::later, kind::done})
    {
        counted.reconciled(outcome, 1s);
    }
    const std::string total = "controller_runtime_reconcile_total{controller=\"certificatebinding\",result=";
    EXPECT_THAT(lines(), Contains(total + "\"error\"} 2"));
    EXPECT_THAT(lines(), Contains(total + "\"requeue_after\"} 1"));
    EXPECT_THAT(lines(), Contains(total + "\"success\"} 1"));
    EXPECT_THAT(
        lines(), Contains("controller_runtime_reconcile_errors_total{controller=\"certificatebinding\"} 2")
    );
}

TEST_F(metrics, count_listener_updates_and_measure_the_window_of_those_that_may_count)
{
    using cloud::failure;
    counted.listener_updated(std::nullopt, 300ms);
    counted.listener_updated(failure::ambiguous, 70s);
    counted.listener_updated(failure::busy, std::nullopt);
    counted.listener_updated(failure::refused, std::nullopt);
    counted.listener_updated(failure::access_denied, std::nullopt);
    counted.listener_updated(failure::rate_limited, std::nullopt);
    const std::string updates = "certificatebinding_listener_updates_total{result=";
    EXPECT_THAT(lines(), Contains(updates + "\"accepted\"} 1"));
    EXPECT_THAT(lines(), Contains(updates + "\"unanswered\"} 1"));
    EXPECT_THAT(lines(), Contains(updates + "\"busy\"} 1"));
    EXPECT_THAT(lines(), Contains(updates + "\"refused\"} 1"));
    EXPECT_THAT(lines(), Contains(updates + "\"failed\"} 2"));
    const std::string window = "certificatebinding_foreign_update_window_seconds_";
    EXPECT_THAT(lines(), Contains(window + "bucket{le=\"0.25\"} 0"));
    EXPECT_THAT(lines(), Contains(window + "bucket{le=\"0.5\"} 1"));
    EXPECT_THAT(lines(), Contains(window + "count 2"));
    EXPECT_THAT(lines(), Contains(window + "sum 70.3"));
}

TEST_F(metrics, tell_how_late_the_loop_was)
{
    counted.loop_was_late(70us);
    counted.loop_was_late(3ms);
    counted.loop_was_late(12s);
    const std::string lag = "certificatebinding_loop_lag_seconds_";
    EXPECT_THAT(lines(), Contains(lag + "bucket{le=\"0.001\"} 1"));
    EXPECT_THAT(lines(), Contains(lag + "bucket{le=\"0.005\"} 2"));
    EXPECT_THAT(lines(), Contains(lag + "bucket{le=\"10\"} 2"));
    EXPECT_THAT(lines(), Contains(lag + "count 3"));
}

TEST_F(metrics, show_when_the_certificate_of_a_binding_expires)
{
    const std::string name =
        "certificatebinding_certificate_expiration_timestamp_seconds{namespace=\"shop\",name=";
    add("web", expiring("aaaaaaaa-0000-4000-8000-000000000001", "2026-12-01T00:00:00Z"));
    add("old", expiring("bbbbbbbb-0000-4000-8000-000000000002", "2026-12-01T00:00:00Z"));
    add("new", ready("Progressing"));
    EXPECT_THAT(lines(), Contains(name + "\"web\"} 1796083200"));
    EXPECT_THAT(lines(), Each(Not(StartsWith(name + "\"old\"")))) << "it is of another certificate";
    EXPECT_THAT(lines(), Each(Not(StartsWith(name + "\"new\""))));
}

TEST_F(metrics, come_in_pieces_of_some_bindings_each)
{
    for (int i = 0; i < 1000; ++i)
    {
        add("b" + std::to_string(i),
            expiring("aaaaaaaa-0000-4000-8000-000000000001", "2026-12-01T00:00:00Z"),
            i / 300);
    }
    const auto next = counted.page({bindings, {}, {}, events});
    std::string whole;
    for (auto piece = next(); piece; piece = next())
    {
        EXPECT_LT(piece->size(), 50'000U);
        whole += *piece;
        add("c" + std::to_string(bindings.size()), ready("Conflict"));  // meanwhile
    }
    EXPECT_EQ(next(), std::nullopt);
    std::multiset<std::string> names;
    for (auto at = whole.find("name=\"b"); at != std::string::npos; at = whole.find("name=\"b", at + 1))
    {
        names.insert(whole.substr(at, whole.find('}', at) - at));
    }
    EXPECT_EQ(names.size(), 1000U);
    EXPECT_EQ(std::set(names.begin(), names.end()).size(), 1000U) << "each is there once";
    EXPECT_THAT(whole, HasSubstr("certificatebinding_bindings{reason=\"\"} 1000\n"));
}

TEST_F(metrics, escape_what_a_label_may_not_hold)
{
    add(R"(a\"b\\c\nd)", expiring("aaaaaaaa-0000-4000-8000-000000000001", "2026-12-01T00:00:00Z"));
    EXPECT_THAT(page(), HasSubstr(R"(name="a\"b\\c\nd"} 1796083200)"));
}

TEST_F(metrics, count_bindings_by_reason)
{
    add("a", ready("Attached", "True"));
    add("b", ready("Attached", "True"));
    add("c", ready("Conflict"));
    add("d", R"({"observedGeneration":-1})");
    add("e", ready("CertificateActive"));  // a Ready reason that the controller never writes
    EXPECT_THAT(lines(), Contains("certificatebinding_bindings{reason=\"Attached\"} 2"));
    EXPECT_THAT(lines(), Contains("certificatebinding_bindings{reason=\"Conflict\"} 1"));
    EXPECT_THAT(lines(), Contains("certificatebinding_bindings{reason=\"\"} 1"));
    EXPECT_THAT(lines(), Contains("certificatebinding_bindings{reason=\"Progressing\"} 0"));
}

TEST_F(metrics, count_bindings_that_need_a_person_by_why)
{
    const auto stalled = [](const std::string& ready, const std::string& why) {
        return R"({"observedGeneration":1,"conditions":[{"type":"Ready","status":"False","reason":")" +
               ready + R"("},{"type":"Stalled","status":"True","reason":")" + why + R"("}]})";
    };
    add("a", stalled("Conflict", "Conflict"));
    add("b", stalled("Detaching", "LoadBalancerError"));
    add("c", ready("Detaching"));
    EXPECT_THAT(lines(), Contains("certificatebinding_stalled{reason=\"Conflict\"} 1"));
    EXPECT_THAT(lines(), Contains("certificatebinding_stalled{reason=\"LoadBalancerError\"} 1"));
    EXPECT_THAT(lines(), Contains("certificatebinding_stalled{reason=\"Detaching\"} 0"));
}

TEST_F(metrics, count_what_the_lists_of_projects_show)
{
    counted.surveyed({.complete = true, .confirmed = 40, .different = 2});
    counted.surveyed({.complete = false, .confirmed = 1, .different = 0});
    EXPECT_THAT(lines(), Contains(R"(certificatebinding_surveys_total{result="complete"} 1)"));
    EXPECT_THAT(lines(), Contains(R"(certificatebinding_surveys_total{result="incomplete"} 1)"));
    EXPECT_THAT(lines(), Contains(R"(certificatebinding_surveyed_listeners_total{result="confirmed"} 41)"));
    EXPECT_THAT(lines(), Contains(R"(certificatebinding_surveyed_listeners_total{result="different"} 2)"));
}

TEST_F(metrics, count_orphaned_refs)
{
    counted.refs_orphaned(2);
    counted.refs_orphaned(1);
    EXPECT_THAT(lines(), Contains("certificatebinding_orphaned_refs_total 3"));
}

TEST_F(metrics, show_the_queue_the_watches_and_the_events)
{
    events = {.written = 7, .failed = 4, .dropped = 9};
    const auto page = lines(3, {.ended = 5, .failed = 2, .expired = 1, .missed = 6});
    EXPECT_THAT(
        page, Contains("workqueue_depth{name=\"certificatebinding\",controller=\"certificatebinding\"} 3")
    );
    EXPECT_THAT(page, Contains("certificatebinding_events_total{result=\"written\"} 7"));
    EXPECT_THAT(page, Contains("certificatebinding_events_total{result=\"failed\"} 4"));
    EXPECT_THAT(page, Contains("certificatebinding_events_total{result=\"dropped\"} 9"));
    EXPECT_THAT(page, Contains("certificatebinding_watch_restarts_total{cause=\"ended\"} 5"));
    EXPECT_THAT(page, Contains("certificatebinding_watch_restarts_total{cause=\"failed\"} 2"));
    EXPECT_THAT(page, Contains("certificatebinding_watch_restarts_total{cause=\"expired\"} 1"));
    EXPECT_THAT(page, Contains("certificatebinding_watch_missed_total 6"));
}

TEST_F(metrics, show_the_work_queue_under_the_names_of_client_go)
{
    app::queue_state now{.depth = 3, .additions = 40, .retries = 5, .panics = 1, .in_work = 2};
    now.unfinished = 2500ms;
    now.longest = 2s;
    now.waiting.at(static_cast<std::size_t>(runtime::waits_for::person)) = 7;
    counted.waited(20ms);
    counted.worked(300ms);
    counted.worked(3s);
    const auto page = lines_of({bindings, now, {}, events});
    const std::string queue = R"({name="certificatebinding",controller="certificatebinding"})";
    EXPECT_THAT(page, Contains("workqueue_depth" + queue + " 3"));
    EXPECT_THAT(page, Contains("workqueue_adds_total" + queue + " 40"));
    EXPECT_THAT(page, Contains("workqueue_retries_total" + queue + " 5"));
    EXPECT_THAT(page, Contains("workqueue_unfinished_work_seconds" + queue + " 2.5"));
    EXPECT_THAT(page, Contains("workqueue_longest_running_processor_seconds" + queue + " 2"));
    EXPECT_THAT(page, Contains("controller_runtime_active_workers 2"));
    EXPECT_THAT(
        page, Contains(R"(controller_runtime_reconcile_panics_total{controller="certificatebinding"} 1)")
    );
    EXPECT_THAT(page, Contains(R"(certificatebinding_targets{waits_for="person"} 7)"));
    EXPECT_THAT(page, Contains(R"(certificatebinding_targets{waits_for="work"} 2)"));
    EXPECT_THAT(page, Contains(R"(certificatebinding_targets{waits_for="check"} 0)"));
    const std::string labels = R"({controller="certificatebinding",name="certificatebinding")";
    EXPECT_THAT(page, Contains("workqueue_queue_duration_seconds_bucket" + labels + R"(,le="0.1"} 1)"));
    EXPECT_THAT(page, Contains("workqueue_queue_duration_seconds_bucket" + labels + R"(,le="0.01"} 0)"));
    EXPECT_THAT(page, Contains("workqueue_work_duration_seconds_bucket" + labels + R"(,le="1"} 1)"));
    EXPECT_THAT(page, Contains("workqueue_work_duration_seconds_count" + labels + "} 2"));
}

TEST_F(metrics, show_for_how_long_a_watch_is_silent)
{
    app::metrics::state now{bindings, {}, {}, events};
    now.watch_age = 90s;
    EXPECT_THAT(lines_of(now), Contains("certificatebinding_watch_age_seconds 90"));
}

TEST_F(metrics, have_no_sample_of_single_bindings_where_that_is_switched_off)
{
    add("web", expiring("aaaaaaaa-0000-4000-8000-000000000001", "2026-12-01T00:00:00Z"));
    app::metrics::state now{bindings, {}, {}, events};
    EXPECT_THAT(page_of(now), HasSubstr("name=\"web\""));
    now.expiries = false;
    EXPECT_THAT(page_of(now), Not(HasSubstr("expiration_timestamp")));
    EXPECT_THAT(page_of(now), HasSubstr("\ncertificatebinding_bindings{reason=\"\"} 1\n"))
        << "the bindings are counted nevertheless";
}

TEST_F(metrics, show_the_requests_to_kubernetes_and_to_the_cloud)
{
    const net::origin kubernetes{true, "10.0.0.1", 6443};
    const net::origin octavia{true, "octavia.example", 9876};
    counted.requested({"kubernetes", "PATCH", kubernetes, 200, 10ms});
    counted.requested({"kubernetes", "PATCH", kubernetes, 200, 10ms});
    counted.requested({"kubernetes", "GET", kubernetes, 0, 30s});
    counted.requested({"load-balancer", "PUT", octavia, 409, 300ms});
    counted.requested({"load-balancer", "PUT", octavia, 0, 30s});
    const auto page = lines();
    EXPECT_THAT(
        page, Contains(R"(rest_client_requests_total{code="200",host="10.0.0.1:6443",method="PATCH"} 2)")
    );
    EXPECT_THAT(
        page, Contains(R"(rest_client_requests_total{code="<error>",host="10.0.0.1:6443",method="GET"} 1)")
    );
    EXPECT_THAT(
        page, Contains(R"(openstack_api_requests_total{code="409",service="load-balancer",verb="PUT"} 1)")
    );
    EXPECT_THAT(
        page, Contains(R"(openstack_api_requests_total{code="<error>",service="load-balancer",verb="PUT"} 1)")
    );
    EXPECT_THAT(
        page,
        Contains(
            R"(openstack_api_request_duration_seconds_bucket{service="load-balancer",verb="PUT",le="0.5"} 1)"
        )
    );
    EXPECT_THAT(
        page,
        Contains(R"(openstack_api_request_duration_seconds_count{service="load-balancer",verb="PUT"} 2)")
    );
}

TEST_F(metrics, show_how_long_reconciliations_take)
{
    counted.reconciled(kind::later, 20ms);
    counted.reconciled(kind::retry, 2s);
    const auto page = lines();
    const std::string name = "controller_runtime_reconcile_time_seconds";
    EXPECT_THAT(page, Contains(name + R"(_bucket{controller="certificatebinding",le="0.025"} 1)"));
    EXPECT_THAT(page, Contains(name + R"(_count{controller="certificatebinding"} 2)"));
    EXPECT_THAT(page, Contains(name + R"(_sum{controller="certificatebinding"} 2.02)"));
}

double value_of(const std::vector<std::string>& page, const std::string& name)
{
    for (const std::string& line : page)
    {
        if (line.starts_with(name + " "))
        {
            return std::stod(line.substr(name.size()));
        }
    }
    ADD_FAILURE() << name << " is missing";
    return 0;
}

TEST_F(metrics, show_the_process)
{
    const auto page = lines();
    EXPECT_GT(value_of(page, "process_resident_memory_bytes"), 1 << 20);
    EXPECT_GT(
        value_of(page, "process_virtual_memory_bytes"), value_of(page, "process_resident_memory_bytes")
    );
    EXPECT_GE(value_of(page, "process_open_fds"), 3);
    EXPECT_GT(value_of(page, "process_max_fds"), value_of(page, "process_open_fds"));
    EXPECT_GT(value_of(page, "process_start_time_seconds"), 1.7e9);
    EXPECT_GE(value_of(page, "process_cpu_seconds_total"), 0);
    const int file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    EXPECT_EQ(value_of(lines(), "process_open_fds"), value_of(page, "process_open_fds") + 1);
    ::close(file);
}

TEST_F(metrics, show_the_requests_that_a_cloud_admits_and_those_that_wait)
{
    const auto shown = page_of({bindings, {}, {}, events, {}, {{"prod", 59, 3}, {"shop/my-cloud", 0, 12}}});
    EXPECT_THAT(
        shown,
        AllOf(
            HasSubstr("\n# TYPE certificatebinding_cloud_requests_left gauge\n"),
            HasSubstr("\ncertificatebinding_cloud_requests_left{credential=\"prod\"} 59\n"),
            HasSubstr("\ncertificatebinding_cloud_requests_left{credential=\"shop/my-cloud\"} 0\n"),
            HasSubstr("\n# TYPE certificatebinding_cloud_requests_waiting gauge\n"),
            HasSubstr("\ncertificatebinding_cloud_requests_waiting{credential=\"prod\"} 3\n"),
            HasSubstr("\ncertificatebinding_cloud_requests_waiting{credential=\"shop/my-cloud\"} 12\n")
        )
    );
    EXPECT_THAT(page(), Not(HasSubstr("certificatebinding_cloud_requests")))
        << "no credential of such a cloud";
}

TEST_F(metrics, tell_who_leads)
{
    app::metrics::state now{bindings, {}, {}, events, unwatched, services};
    EXPECT_THAT(page_of(now), Not(HasSubstr("leader_election")));
    now.election = app::metrics::leadership{"sao1", false, 3};
    EXPECT_THAT(page_of(now), HasSubstr("\nleader_election_master_status{name=\"sao1\"} 0\n"));
    EXPECT_THAT(page_of(now), HasSubstr("\nleader_election_slowpath_total{name=\"sao1\"} 3\n"));
    now.election->leads = true;
    EXPECT_THAT(page_of(now), HasSubstr("\nleader_election_master_status{name=\"sao1\"} 1\n"));
}

}  // namespace
