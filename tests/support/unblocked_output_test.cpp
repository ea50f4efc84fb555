#include "support/unblocked_output.hpp"

#include <gtest/gtest.h>

#include <array>
#include <fcntl.h>
#include <string>
#include <unistd.h>

namespace {

class unblocked_output : public testing::Test
{
protected:
    unblocked_output()
    {
        EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
        EXPECT_EQ(::fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    }
    ~unblocked_output() override
    {
        ::close(ends[0]);
        ::close(ends[1]);
    }

    std::string read_all() const
    {
        std::string all;
        std::array<char, 65536> piece{};
        for (ssize_t size = 0; (size = ::read(ends[0], piece.data(), piece.size())) > 0;)
        {
            all.append(piece.data(), static_cast<std::size_t>(size));
        }
        return all;
    }

    static std::string line(int number) { return std::to_string(number) + std::string(990, 'x') + "\n"; }

    std::array<int, 2> ends{};
};

TEST_F(unblocked_output, writes_at_once_where_there_is_room)
{
    support::unblocked_output output(ends[1]);
    output.write("one\n");
    output.write("two\n");
    EXPECT_EQ(read_all(), "one\ntwo\n");
    EXPECT_EQ(output.take_dropped(), 0U);
}

TEST_F(unblocked_output, does_not_wait_for_a_reader_and_loses_whole_lines_alone)
{
    support::unblocked_output output(ends[1], 100'000);
    constexpr int lines = 1000;
    for (int i = 0; i < lines; ++i)
    {
        output.write(line(i));
    }
    EXPECT_EQ(output.take_dropped(), 0U) << "there is no room to tell it";
    std::string all = read_all();
    for (int i = 0; i < 5; ++i)
    {
        output.flush(0);
        all += read_all();
    }
    const auto dropped = output.take_dropped();
    EXPECT_GT(dropped, 500U);
    EXPECT_EQ(output.take_dropped(), 0U) << "it is told once";
    std::string expected;
    for (int i = 0; i < lines - static_cast<int>(dropped); ++i)
    {
        expected += line(i);
    }
    EXPECT_EQ(all, expected);
    output.write("afterwards\n");
    EXPECT_EQ(read_all(), "afterwards\n");
}

TEST_F(unblocked_output, a_line_longer_than_a_pipe_is_written_in_pieces)
{
    support::unblocked_output output(ends[1], 1'000'000);
    const std::string whole(200'000, 'x');
    output.write(whole);
    std::string all = read_all();
    EXPECT_LT(all.size(), whole.size());
    for (int i = 0; i < 5; ++i)
    {
        output.flush(0);
        all += read_all();
    }
    EXPECT_EQ(all, whole);
}

}  // namespace
