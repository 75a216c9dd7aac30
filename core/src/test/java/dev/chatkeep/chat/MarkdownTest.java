package dev.chatkeep.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Titles of messages in Markdown.
class MarkdownTest {

    private static String title(String text) {
        return Titles.of(text).orElseThrow();
    }

    @Nested
    class Marks {

        @ParameterizedTest
        @CsvSource(delimiter = '|', quoteCharacter = '\u0001', commentCharacter = '\u0002', textBlock = """
                # Heading                                  | Heading
                ###### Deep heading ##                     | Deep heading
                **bold**                                   | bold
                __bold__                                   | bold
                *italic* and _italic_                      | italic and italic
                ***both***                                 | both
                ~~struck~~ out                             | struck out
                **Note:** read _this_, (*please*)!         | Note: read this, (please)!
                a **bold *and italic* text**               | a bold and italic text
                **use `snake_case` here**                  | use snake_case here
                这是**重要**的                               | 这是重要的
                이것은 **중요**한                            | 이것은 중요한
                [text](url)                                | text
                [the docs](https://example.com/a_(b) "x")  | the docs
                ![a cat](cat.png)                          | a cat
                [![badge](b.svg)](https://example.com)     | badge
                请看[这里](https://example.com)              | 请看这里
                <https://example.com/a_b_c>                | https://example.com/a_b_c
                `a_b_c`                                    | a_b_c
                ``a ` b``                                  | a ` b
                `**not bold**` but **bold**                | **not bold** but bold
                > quoted                                   | quoted
                > > - # nested                             | nested
                - item                                     | item
                * item                                     | item
                + item                                     | item
                - [ ] to do                                | to do
                - [x] done                                 | done
                <b>bold</b> and <span class="x">span</span>| bold and span
                one<br>two<br/>three                       | one two three
                <p>one</p><p>two</p>                       | one two
                <img src="a.png" alt="a cat"> sits         | a cat sits
                <!-- hidden --> shown                      | shown
                AT&amp;T &lt;3 &quot;x&quot; &#65;&#x42;   | AT&T <3 "x" AB
                \\*not italic\\* \\_nor this\\_            | *not italic* _nor this_
                """)
        void areTakenOut(String text, String title) {
            assertThat(title(text)).isEqualTo(title);
        }

        @Test
        void ofSeveralLinesAreTakenOut() {
            assertThat(title("Title\n=====\nand text")).isEqualTo("Title and text");
            assertThat(title("one\n\n---\n\ntwo\n***\nthree")).isEqualTo("one two three");
            assertThat(title("1. first\n2. second\n   - third")).isEqualTo("first second third");
            assertThat(title("| a | b |\n|---|:-:|\n| c | d |\n\ne | f")).isEqualTo("a b c d e | f");
            assertThat(title("a | b\n--|--\nc | d")).isEqualTo("a b c d");
            assertThat(title("see [the docs][1] and [more]\n\n[1]: https://example.com\n[more]: /more"))
                    .isEqualTo("see the docs and more");
            assertThat(title("**a\nb**")).isEqualTo("a b");
        }
    }

    @Nested
    class Words {

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "snake_case_name and _private",
                    "2*3*4 is 24",
                    "2 * 3 * 4",
                    "2**10 and 2**3**2",
                    "f(*args, **kwargs)",
                    "char *p, *q",
                    "rm *.txt *.md",
                    "C# and F#",
                    "#hashtag #1",
                    "a[0][1] = b[i](x)",
                    "List<String> or Map<K, V>",
                    "How do I center a <div>?",
                    "a < b and c > d",
                    "if a<b and c>d",
                    "cat x | grep y",
                    "|x| + |y|",
                    "1. FC Cologne",
                    "-5 degrees",
                    ">=5 stars",
                    "~/home and ~user",
                    "it`s",
                    "[note]: see me",
                    "[sic]",
                    "R&D; Q&A;",
                    "C:\\Users\\ada",
                    "x_1 + x_2",
                    "$x^2$",
                    "50% *",
                    "5' 3\" tall",
                    "un**frigging**believable"
                })
        void thatLookLikeMarksStay(String text) {
            assertThat(title(text)).isEqualTo(text);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {"***", "---", "#", "=", ">", "**", "```", "[]()", "![](x.png)", "<br>", "| - |", "* * *"})
        void areTheMarksThemselvesWhereThereIsNothingElse(String text) {
            assertThat(title(text)).isEqualTo(text);
        }
    }

    @Nested
    class CodeBlocks {

        @Test
        void titleAChatWhenThereIsNothingElse() {
            assertThat(title("```java\nint a_b = 2*3*4; // **x**\n```")).isEqualTo("int a_b = 2*3*4; // **x**");
            assertThat(title("~~~\n# no heading\n~~~\n")).isEqualTo("# no heading");
            assertThat(title("```\nnever closed")).isEqualTo("never closed");
            assertThat(title("> ```\nquoted\n```")).isEqualTo("quoted");
            assertThat(title("````\n```\ninner\n```\n````")).isEqualTo("``` inner ```");
        }

        @Test
        void giveWayToWords() {
            assertThat(title("```java\nclass A {}\n```\nWhat is wrong here?")).isEqualTo("What is wrong here?");
            assertThat(title("Fix this:\n```\nfoo()\n```\nplease")).isEqualTo("Fix this: please");
        }
    }

    @Nested
    class Invisible {

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "\u200b",
                    "\u2060\u2060",
                    "\u3164",
                    "\u00ad",
                    "\ufe0f",
                    "\u115f\u1160",
                    "\uffa0",
                    "\u180e",
                    "\u2800",
                    "\u202e\u2066\u200f",
                    "\udb40\udc67",
                    "\u0301",
                    "\ufeff \u200d",
                    "**\u200b**",
                    "# \u3164",
                    "```\n\u200b\n```"
                })
        void textIsNoTitle(String text) {
            // What is left of marks around nothing is marks.
            assertThat(Titles.of(text).filter(title -> !title.matches("[*#` ]+")))
                    .isEmpty();
        }

        @ParameterizedTest
        @ValueSource(strings = {"\u200b", "\u3164", "\ufe0f", "\u2800", "\u202e", "\u200d", "\u00ad", "\udb40\udc20"})
        void charactersDoNotPushTheWordsOut(String invisible) {
            assertThat(title(invisible.repeat(500) + "hello")).isEqualTo("hello");
        }

        @Test
        void charactersThatShapeTheirNeighboursStay() {
            String family = "\ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67";
            String england = "\ud83c\udff4\udb40\udc67\udb40\udc62\udb40\udc65\udb40\udc6e\udb40\udc67\udb40\udc7f";
            String persian = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645";
            assertThat(title(family + england + persian + "\u2764\ufe0f"))
                    .isEqualTo(family + england + persian + "\u2764\ufe0f");
            assertThat(title("soft\u00adware \u202eevil")).isEqualTo("software evil");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a=b ",
                "()",
                "a()",
                "\\(a\\)",
                "|-|-",
                "*a ",
                "**a **b ",
                "[",
                "](",
                "[x](",
                "[](\"",
                "`a ``b ```c ",
                "<b ",
                "<!--",
                "<b><i>",
                "> ",
                "- ",
                "_*",
                "*_**",
                "![",
                "&#",
                "<a b=\"",
                "|-",
                "1. ",
                "\\"
            })
    void noTextTakesLong(String piece) {
        String many = piece.repeat(10_000 / piece.length());
        for (String text : List.of(many, "<b " + many + ">", "[x](" + many + ")", "[" + many + "](x)", "|" + many)) {
            Assertions.assertTimeoutPreemptively(Duration.ofSeconds(5), () -> Titles.of(text));
        }
    }
}
