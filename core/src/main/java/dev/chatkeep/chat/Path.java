package dev.chatkeep.chat;

import dev.chatkeep.ChatkeepException.Conflict;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/// Which messages a chat shows: segments of branches, along which pos only grows.
public record Path(List<Segment> segments) {

    /// More segments than this are not made: reading would become slow.
    public static final int MOST_SEGMENTS = 500;

    /// The messages of `branch` from pos `first` to pos `last`, both included; none when last is before first.
    public record Segment(int branch, int first, int last) {}

    /// The path of a chat without messages.
    public static final Path EMPTY = new Path(List.of(new Segment(0, 1, 0)));

    public Path {
        segments = List.copyOf(segments);
        if (segments.isEmpty()) {
            throw new IllegalArgumentException("a path has a segment, if an empty one");
        }
    }

    /// From the column's rows of {branch, first, last}.
    public static Path of(Integer[][] rows) {
        return new Path(Arrays.stream(rows)
                .map(row -> new Segment(row[0], row[1], row[2]))
                .toList());
    }

    /// Whether the message at this place is shown.
    public boolean shows(int branch, int pos) {
        return segments.stream().anyMatch(s -> s.branch() == branch && s.first() <= pos && pos <= s.last());
    }

    /// The branch that has the message of this pos on this path; empty when it has none there.
    public OptionalInt branchAt(int pos) {
        return segments.stream()
                .filter(s -> s.first() <= pos && pos <= s.last())
                .mapToInt(Segment::branch)
                .findFirst();
    }

    /// The first pos behind this one that is shown; empty when there is none.
    public OptionalInt after(int pos) {
        return segments.stream()
                .filter(s -> s.last() > pos && s.last() >= s.first())
                .mapToInt(s -> Math.max(s.first(), pos + 1))
                .findFirst();
    }

    public boolean isEmpty() {
        return segments.stream().allMatch(s -> s.last() < s.first());
    }

    /// What this path shows before `pos`, and then the messages of `branch` from there to `last`.
    public Path forked(int pos, int branch, int last) {
        List<Segment> kept = new ArrayList<>(before(pos));
        kept.add(new Segment(branch, pos, last));
        return new Path(kept);
    }

    /// The segments before `pos`, the last one cut; none when nothing is shown there.
    public List<Segment> before(int pos) {
        return segments.stream()
                .filter(s -> s.first() < pos && s.last() >= s.first())
                .map(s -> new Segment(s.branch(), s.first(), Math.min(s.last(), pos - 1)))
                .toList();
    }

    /// The segment whose first message is the first one shown; none when none is.
    public Optional<Segment> firstShown() {
        return segments.stream()
                .filter(segment -> segment.first() <= segment.last())
                .findFirst();
    }

    /// The segment whose last message is the last one shown; none when none is.
    public Optional<Segment> lastShown() {
        return segments.reversed().stream()
                .filter(segment -> segment.first() <= segment.last())
                .findFirst();
    }

    /// The segment that new messages continue.
    public Segment tip() {
        return segments.getLast();
    }

    /// This path with `count` messages more at its tip.
    public Path extended(int count) {
        List<Segment> longer = new ArrayList<>(segments);
        Segment tip = tip();
        longer.set(longer.size() - 1, new Segment(tip.branch(), tip.first(), tip.last() + count));
        return new Path(longer);
    }

    /// This path without the message at `pos`; the same path when it does not show that one.
    public Path without(int branch, int pos) {
        List<Segment> rest = new ArrayList<>();
        for (Segment s : segments) {
            if (s.branch() != branch || pos < s.first() || pos > s.last()) {
                rest.add(s);
            } else if (pos == s.last()) {
                rest.add(new Segment(branch, s.first(), pos - 1));
            } else {
                rest.add(new Segment(branch, s.first(), pos - 1));
                rest.add(new Segment(branch, pos + 1, s.last()));
            }
        }
        Segment tip = rest.removeLast();
        rest.removeIf(s -> s.last() < s.first());
        rest.add(tip);
        return new Path(rest);
    }

    /// This path, if it is not made of too many segments.
    ///
    /// @throws Conflict when it is
    public Path checked() {
        if (segments.size() > MOST_SEGMENTS) {
            throw new Conflict("too_many_gaps", "Too many messages were deleted from the middle of this chat.");
        }
        return this;
    }

    /// As PostgreSQL writes a two-dimensional array.
    public String literal() {
        return segments.stream()
                .map(s -> "{%d,%d,%d}".formatted(s.branch(), s.first(), s.last()))
                .collect(Collectors.joining(",", "{", "}"));
    }
}
