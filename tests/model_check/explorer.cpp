#include "model_check/explorer.hpp"

#include "model_check/end_state.hpp"

#include <algorithm>
#include <ranges>
#include <stdexcept>
#include <utility>

namespace prove {

namespace {

constexpr unsigned bits_of_choice = 4;
constexpr std::size_t most_choices = 28;
constexpr int steps_to_the_end = 400;  // of a story whose end is bad

}  // namespace

// Packs the happening, the number of choices, and the choices.
explorer::packed_move explorer::packed(const move& taken)
{
    auto chosen = taken.chosen;
    while (!chosen.empty() && chosen.back() == 0)
    {
        chosen.pop_back();
    }
    if (chosen.size() > most_choices)
    {
        throw std::logic_error("a step of the controller leaves too much open");
    }
    packed_move all = 0;
    for (const std::uint8_t choice : chosen)
    {
        all = (all << bits_of_choice) | choice;
    }
    return (all << 16U) | (chosen.size() << 8U) | taken.happening;
}

explorer::move explorer::unpacked(packed_move packed)
{
    move taken;
    taken.happening = static_cast<std::uint8_t>(packed & 0xffU);
    taken.chosen.resize((packed >> 8U) & 0xffU);
    packed >>= 16U;
    for (auto& choice : std::views::reverse(taken.chosen))
    {
        choice = static_cast<std::uint8_t>(packed & ((1U << bits_of_choice) - 1));
        packed >>= bits_of_choice;
    }
    return taken;
}

void explorer::make(small_world& world, const move& taken)
{
    if (taken.happening > 0)
    {
        world.happen(world.happenings().at(taken.happening - 1U));
        return;
    }
    script answers;
    answers.chosen = taken.chosen;
    while (!world.step(answers))
    {
    }
}

std::vector<std::string> explorer::run(std::size_t most)
{
    auto first = std::make_unique<small_world>(family_);
    reached(0, {}, std::move(first));
    while (!frontier_.empty() && broken_.empty() && states_.size() < most)
    {
        const auto [at, world] = std::move(frontier_.front());
        frontier_.pop_front();
        expand(at, *world);
    }
    if (broken_.empty() && complete())
    {
        check_ends();
    }
    return broken_;
}

void explorer::expand(std::uint32_t at, const small_world& world)
{
    go_on_in_all_ways(at, world);
    const auto happenings = world.happenings();
    for (std::size_t i = 0; i < happenings.size() && broken_.empty(); ++i)
    {
        auto next = std::make_unique<small_world>(world);
        next->happen(happenings.at(i));
        const auto to = reached(at, {static_cast<std::uint8_t>(i + 1), {}}, std::move(next));
        if (happenings.at(i).kind == small_world::kind::put_in_order)
        {
            states_.at(at).then = to;
            states_.at(at).rests = false;
        }
    }
}

void explorer::go_on_in_all_ways(std::uint32_t at, const small_world& world)
{
    // A way on from a world: the choices to make, and how many of them were made on the way to that world.
    struct way
    {
        std::shared_ptr<const small_world> from;
        std::vector<std::uint8_t> chosen;
        std::size_t given = 0;
    };
    std::vector<way> open{{std::make_shared<const small_world>(world), {}, 0}};
    for (bool by_itself = true; !open.empty() && broken_.empty(); by_itself = false)
    {
        way next = std::move(open.back());
        open.pop_back();
        const auto fixed = next.chosen.size();
        script answers;
        answers.chosen = std::move(next.chosen);
        answers.options.resize(next.given);
        auto from = std::move(next.from);
        auto to = std::make_unique<small_world>(*from);
        for (bool ends = false; !ends;)
        {
            const auto given = answers.options.size();
            ends = to->step(answers);
            for (std::size_t i = std::max(given, fixed); i < answers.options.size(); ++i)
            {
                for (std::uint8_t other = 1; other < answers.options.at(i); ++other)
                {
                    way branch{from, answers.chosen, given};
                    branch.chosen.resize(i);
                    branch.chosen.push_back(other);
                    open.push_back(std::move(branch));
                }
            }
            if (!ends)
            {
                from = std::make_shared<const small_world>(*to);
            }
        }
        const bool writes = to->world().writes != world.world().writes;
        const auto reaches = reached(at, {0, std::move(answers.chosen)}, std::move(to));
        if (by_itself)
        {
            states_.at(at).then = reaches;
            states_.at(at).then_writes = writes;
        }
    }
}

std::uint32_t explorer::reached(std::uint32_t from, const move& by, std::unique_ptr<small_world> world)
{
    ++moves_;
    if (!world->world().record.broken.empty())
    {
        if (broken_.empty())
        {
            broken_ = story_of(from, &by, false);
        }
        return from;
    }
    const auto [known, is_new] =
        known_.try_emplace(world->digest(), static_cast<std::uint32_t>(states_.size()));
    if (is_new)
    {
        state added;
        added.from = from;
        added.by = packed(by);
        added.rests = world->at_rest();
        added.ends_well = added.rests && world->in_order() && check_end(world->world()).empty();
        states_.push_back(added);
        frontier_.emplace_back(known->second, std::move(world));
    }
    return known->second;
}

// A state that is left alone ends in a circle of states. The circle must contain a state at rest, every state
// at rest must end well, and none may write.
void explorer::check_ends()
{
    enum class mark : std::uint8_t
    {
        fresh,
        on_the_way,
        good,
    };
    std::vector<mark> marks(states_.size(), mark::fresh);
    for (std::uint32_t start = 0; start < states_.size(); ++start)
    {
        std::vector<std::uint32_t> way;
        std::uint32_t at = start;
        for (; marks.at(at) == mark::fresh; at = states_.at(at).then)
        {
            marks.at(at) = mark::on_the_way;
            way.push_back(at);
        }
        if (marks.at(at) == mark::on_the_way)
        {
            const std::vector circle(std::ranges::find(way, at), way.end());
            const bool rests =
                std::ranges::any_of(circle, [&](auto number) { return states_.at(number).rests; });
            const bool good = std::ranges::all_of(circle, [&](auto number) {
                const state& s = states_.at(number);
                return !s.then_writes && (!s.rests || s.ends_well);
            });
            if (!rests || !good)
            {
                broken_ = story_of(start, nullptr, true);
                return;
            }
        }
        for (const auto number : way)
        {
            marks.at(number) = mark::good;
        }
    }
}

std::vector<explorer::move> explorer::way_to(std::uint32_t at) const
{
    std::vector<move> way;
    for (; at != 0; at = states_.at(at).from)
    {
        way.push_back(unpacked(states_.at(at).by));
    }
    std::ranges::reverse(way);
    return way;
}

std::vector<std::string> explorer::story_of(std::uint32_t from, const move* last, bool to_the_end) const
{
    std::vector<std::string> story{"in the world: " + family_.name};
    model::story = &story;
    small_world world(family_);
    for (const move& taken : way_to(from))
    {
        make(world, taken);
    }
    if (last != nullptr)
    {
        make(world, *last);
    }
    if (to_the_end)
    {
        story.emplace_back("and is left alone:");
        for (std::uint32_t at = from, i = 0; i < steps_to_the_end; ++i, at = states_.at(at).then)
        {
            const auto happenings = world.happenings();
            const bool is_over = !happenings.empty() && world.at_rest() && world.in_order();
            if (is_over && !check_end(world.world()).empty())
            {
                break;
            }
            move next;
            for (std::size_t k = 0; k < happenings.size(); ++k)
            {
                if (happenings.at(k).kind == small_world::kind::put_in_order)
                {
                    next.happening = static_cast<std::uint8_t>(k + 1);
                }
            }
            make(world, next);
        }
        for (const std::string& fault : check_end(world.world()))
        {
            story.push_back("BROKEN  " + fault);
        }
        story.emplace_back("BROKEN  L1: it comes to no good end");
    }
    model::story = nullptr;
    for (const std::string& fault : world.world().record.broken)
    {
        story.push_back("BROKEN  " + fault);
    }
    return story;
}

}  // namespace prove
