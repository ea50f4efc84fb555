#pragma once

#include "model_check/small_world.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace prove {

// Goes breadth first over every state that a small world reaches. The explorer keeps only the digest of a
// state and the move that reached it first.
class explorer
{
public:
    explicit explorer(const family& of) : family_(of) {}

    // Runs until no new state appears, or until there are `most`. Answers with the shortest story that breaks
    // an invariant; empty if none does.
    std::vector<std::string> run(std::size_t most);

    std::size_t states() const { return states_.size(); }
    std::size_t moves() const { return moves_; }  // of all states
    bool complete() const { return frontier_.empty(); }

private:
    // A happening, counted from 1 in the order of happenings(); or, with 0, a step of the controller and the
    // choices made in it.
    struct move
    {
        std::uint8_t happening = 0;
        std::vector<std::uint8_t> chosen;
    };
    using packed_move = unsigned __int128;
    struct state
    {
        std::uint32_t from = 0;
        std::uint32_t then = 0;  // the next state if nothing goes wrong and nobody does anything
        packed_move by = 0;      // the move from `from` to this state
        bool rests = false;
        bool ends_well = false;  // L1 and L2 hold; only of a state that rests
        bool then_writes = false;
    };
    struct hash
    {
        std::size_t operator()(const digest128& value) const { return value.low; }
    };

    void expand(std::uint32_t at, const small_world& world);
    void go_on_in_all_ways(std::uint32_t at, const small_world& world);
    std::uint32_t reached(std::uint32_t from, const move& by, std::unique_ptr<small_world> world);
    void check_ends();
    std::vector<std::string> story_of(std::uint32_t from, const move* last, bool to_the_end) const;
    std::vector<move> way_to(std::uint32_t at) const;

    static packed_move packed(const move& taken);
    static move unpacked(packed_move packed);
    static void make(small_world& world, const move& taken);

    family family_;
    std::vector<state> states_;
    std::unordered_map<digest128, std::uint32_t, hash> known_;
    std::deque<std::pair<std::uint32_t, std::unique_ptr<small_world>>> frontier_;
    std::size_t moves_ = 0;
    std::vector<std::string> broken_;
};

}  // namespace prove
