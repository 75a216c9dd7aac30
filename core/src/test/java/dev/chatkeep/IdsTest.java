package dev.chatkeep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdsTest {

    @ParameterizedTest
    @ValueSource(strings = {"a", "-", "_", "0", "AbCdEfGh12345678", "0190b5a2-7e2d-7c3c-8f4e-1d2c3b4a5968"})
    void whatStockClientsMakeIsTakenAsItIs(String id) {
        assertThat(Ids.check("id", id)).isEqualTo(id);
    }

    @Test
    void sixtyFourCharactersAreTheMost() {
        assertThat(Ids.check("id", "x".repeat(64))).hasSize(64);
        assertRefused("x".repeat(65));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a b", "a/b", "a.b", "a%20", "\u00e4", "\u0660", "a\n", "\na", "a\u0000", "a:b"})
    void anythingElseIsRefusedNamingTheField(String id) {
        assertRefused(id);
    }

    @Test
    void madeIdsAreValidUniqueAndSortInTheOrderTheyWereMade() {
        List<String> made = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
            made.add(Ids.check("id", Ids.make()));
        }
        assertThat(made).doesNotHaveDuplicates().isSorted();
        assertThat(Ids.uuid().version()).isEqualTo(7);
    }

    private static void assertRefused(String id) {
        assertThatExceptionOfType(ChatkeepException.Invalid.class)
                .isThrownBy(() -> Ids.check("messages[3].id", id))
                .satisfies(invalid -> assertThat(invalid.field()).contains("messages[3].id"));
    }
}
