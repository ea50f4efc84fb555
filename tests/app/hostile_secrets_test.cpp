#include "app/cloud_credentials.hpp"
#include "binding/credentials/secret_reader.hpp"
#include "fakes/cloud/fake_bycloud.hpp"
#include "support/base64.hpp"
#include "support/loop.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>

#include <thread>

namespace {

using namespace std::chrono_literals;
using binding::secret_name;
using binding::shown_secret;
using cloud::openstack::allowed_urls;

// Notes where the work runs, and how much of it at a time.
class watched_worker final : public support::offload
{
public:
    support::task<> run(std::function<void()> work) override
    {
        most_at_once = std::max(most_at_once, ++at_once);
        auto where = std::make_shared<std::thread::id>();
        co_await worker_->run([work = std::move(work), where] {
            *where = std::this_thread::get_id();
            work();
        });
        --at_once;
        ++works;
        on_the_loop += *where == std::this_thread::get_id() ? 1 : 0;
    }

    int works = 0;
    int on_the_loop = 0;
    int at_once = 0;
    int most_at_once = 0;

private:
    std::unique_ptr<support::offload> worker_ = support::create_worker_thread();
};

std::string secret_with(const std::string& yaml)
{
    return R"({"data":{"clouds.yaml":")" + support::encode_base64(yaml) + R"("}})";
}

constexpr auto login = "auth: {auth_url: 'https://ks.example/v3', user_id: u, password: p, project_id: q}";

// What a stranger may write: values that stand for very many, and what is deep, large or no YAML.
std::vector<std::string> hostile_texts()
{
    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i <= 9; ++i)
    {
        const std::string below = "*a" + std::to_string(i - 1);
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + below;
        for (int times = 0; times < 9; ++times)
        {
            bomb += ", " + below;
        }
        bomb += "]\n";
    }
    std::string merges = "clouds: {b0: &b0 {" + std::string(login) + "}";
    for (int i = 1; i < 40; ++i)
    {
        const std::string below = "*b" + std::to_string(i - 1);
        merges +=
            ", b" + std::to_string(i) + ": &b" + std::to_string(i) + " {<<: [" + below + ", " + below + "]}";
    }
    std::string many = "clouds:\n";
    for (int i = 0; i < 300; ++i)
    {
        many += "  c" + std::to_string(i) + ": {}\n";
    }
    return {
        bomb + "clouds: {prod: {auth: *a9}}",
        merges + "}",
        many,
        std::string(4000, '['),
        "clouds: " + std::string(2000, '{'),
        std::string(4000, '"'),
        "clouds: {prod: &self {auth: *self}}",
    };
}

class hostile_secrets : public test::loop
{
protected:
    support::random_engine random{1};
    test::fake_bycloud http{clock()};
    app::cloud_credentials credentials{
        http, clock(), random, allowed_urls::parse({"https://ks.example/v3"}).value(), 30s
    };
};

TEST_F(hostile_secrets, are_parsed_apart_from_the_loop_one_at_a_time_and_others_do_not_wait_for_them)
{
    constexpr int tenants = 10;
    constexpr int secrets = 100;
    boost::asio::io_context context(1);
    watched_worker worker;
    support::task_group tasks(context.get_executor());
    std::vector<secret_name> told;
    std::string ordinary;
    binding::secret_reader all({
        worker,
        credentials.create_parser(),
        tasks,
        [&](const secret_name& name, const support::result<shown_secret>& shown) {
            told.push_back(name);
            const auto read = shown.value().entries->credential_of("");
            if (name.name_space.view() == "shop")
            {
                ordinary = read ? (*read)->identity : read.error().message;
                return;
            }
            EXPECT_FALSE(read) << name.str();
        },
    });
    const auto texts = hostile_texts();
    // Those that take longest once for each tenant.
    constexpr std::size_t slow = 2;
    const auto text_of = [&](std::size_t number) {
        return number < slow ? number : slow + (number % (texts.size() - slow));
    };
    for (int i = 0; i < tenants * secrets; ++i)
    {
        all.read(
            {support::interned("crowd-" + std::to_string(i % tenants)),
             support::interned(std::to_string(i / tenants))},
            "1",
            secret_with(texts.at(text_of(static_cast<std::size_t>(i / tenants))))
        );
    }
    const secret_name shop{support::interned("shop"), support::interned("cloud")};
    all.read(shop, "1", secret_with("clouds: {prod: {" + std::string(login) + "}}"));
    context.run();
    EXPECT_EQ(worker.works, (tenants * secrets) + 1);
    EXPECT_EQ(worker.on_the_loop, 0);
    EXPECT_EQ(worker.most_at_once, 1);
    EXPECT_EQ(ordinary, "https://ks.example/v3");
    const auto place = std::ranges::find(told, shop) - told.begin();
    EXPECT_LE(place, tenants) << "at most one of each other tenant came before";
}

}  // namespace
