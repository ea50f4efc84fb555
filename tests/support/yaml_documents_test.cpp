#include "support/yaml_documents.hpp"

#include <gtest/gtest.h>
#include <yaml-cpp/exceptions.h>

namespace {

TEST(yaml_documents, tells_whether_a_second_one_follows)
{
    EXPECT_FALSE(support::has_second_yaml_document(""));
    EXPECT_FALSE(support::has_second_yaml_document("a: b\n"));
    EXPECT_FALSE(support::has_second_yaml_document("---\na: b\n...\n"));
    EXPECT_TRUE(support::has_second_yaml_document("a: b\n---\nc: d\n"));
    EXPECT_TRUE(support::has_second_yaml_document("a: b\n---\n"));
}

TEST(yaml_documents, ends_at_texts_of_which_others_read_documents_without_end)
{
    EXPECT_THROW(support::has_second_yaml_document("a: b\n}\n"), YAML::Exception);
}

TEST(yaml_documents, says_that_a_text_is_no_yaml)
{
    EXPECT_THROW(support::has_second_yaml_document("a: [b\n"), YAML::Exception);
}

}  // namespace
