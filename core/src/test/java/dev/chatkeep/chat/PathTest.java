package dev.chatkeep.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chatkeep.TestDatabase;
import dev.chatkeep.chat.Path.Segment;
import dev.chatkeep.db.Rows;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PathTest {

    private static final Path EMPTY = Path.of(new Integer[][] {{0, 1, 0}});
    private static final Path BRANCHED = Path.of(new Integer[][] {{0, 1, 4}, {1, 5, 6}, {0, 7, 9}});

    @Test
    void aNewMessageLengthensOnlyTheTip() {
        assertThat(EMPTY.extended(2).segments()).containsExactly(new Segment(0, 1, 2));
        assertThat(BRANCHED.extended(2).segments())
                .containsExactly(new Segment(0, 1, 4), new Segment(1, 5, 6), new Segment(0, 7, 11));
        assertThat(BRANCHED.tip()).isEqualTo(new Segment(0, 7, 9));
    }

    @Test
    void extendingLeavesThePathItBeganWithAlone() {
        BRANCHED.extended(2);
        assertThat(BRANCHED.literal()).isEqualTo("{{0,1,4},{1,5,6},{0,7,9}}");
    }

    @Test
    void aPathNeverChangesWithTheListItWasMadeOf() {
        List<Segment> segments = new ArrayList<>(List.of(new Segment(0, 1, 2)));
        Path path = new Path(segments);
        segments.clear();
        assertThat(path.segments()).hasSize(1);
    }

    @Test
    void aPathWithoutASegmentIsNone() {
        assertThatThrownBy(() -> new Path(List.of())).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void postgresReadsTheLiteralAndGivesTheSamePathBack() {
        for (Path path : List.of(EMPTY, BRANCHED)) {
            Path back = TestDatabase.create()
                    .sql()
                    .sql("select :path::int[] as path")
                    .param("path", path.literal())
                    .query((row, n) -> Path.of(Rows.matrix(row, "path")))
                    .single();
            assertThat(back).isEqualTo(path);
        }
    }
}
