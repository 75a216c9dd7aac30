package dev.chatkeep.chat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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

    /// As PostgreSQL writes a two-dimensional array.
    public String literal() {
        return segments.stream()
                .map(s -> "{%d,%d,%d}".formatted(s.branch(), s.first(), s.last()))
                .collect(Collectors.joining(",", "{", "}"));
    }
}
