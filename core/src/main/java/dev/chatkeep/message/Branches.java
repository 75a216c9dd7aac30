package dev.chatkeep.message;

import dev.chatkeep.ChatkeepException.Conflict;
import dev.chatkeep.ChatkeepException.Gone;
import dev.chatkeep.ChatkeepException.NotFound;
import dev.chatkeep.Ids;
import dev.chatkeep.chat.Chat;
import dev.chatkeep.chat.Path;
import dev.chatkeep.chat.Path.Segment;
import dev.chatkeep.db.Database;
import dev.chatkeep.db.Json;
import dev.chatkeep.db.Rows;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;

/// The lines of a conversation that was edited, or answered again: which there are, which is shown. An edit
/// leaves everything where it was and goes on along a new branch; nothing is ever overwritten.
public final class Branches {

    /// The most that a chat has.
    public static final int MOST = 500;

    private final Database database;

    public Branches(Database database) {
        this.database = database;
    }

    /// A message, or what stands in its place on another branch.
    ///
    /// @param branch to show to see it: the newest one that has it
    /// @param isShown whether it is shown now
    public record Sibling(int branch, boolean isShown, Message message) {}

    /// Where a message is: the path that shows it, if it is shown, else the newest one that has it.
    public record Found(Path path, int branch, int pos, Role role, Status status) {}

    /// A chat's own path, and those it showed before, by the branch that each ends on.
    private record Lines(Path shown, Map<Integer, Path> all) {

        /// Newest first, but the shown one before all.
        List<Path> inOrder() {
            var paths = new ArrayList<Path>(List.of(shown));
            all.entrySet().stream()
                    .sorted(Map.Entry.comparingByKey(Comparator.reverseOrder()))
                    .map(Map.Entry::getValue)
                    .forEach(paths::add);
            return paths;
        }
    }

    /// What stands in the place of this message, on every branch, in the order of the branches; itself as well.
    /// Those behind the first 8 MiB of parts come without parts.
    ///
    /// @throws NotFound for a missing message, or a missing or foreign chat
    /// @throws Gone for a chat in the trash
    public List<Sibling> siblings(UUID userId, String chatId, String messageId) {
        Ids.check("chatId", chatId);
        Ids.check("messageId", messageId);
        Lines lines = lines(userId, chatId, "");
        Found found = find(userId, chatId, lines, messageId).orElseThrow(NotFound::message);
        List<Segment> common = found.path().before(found.pos());
        Map<Integer, Integer> shownBy = new TreeMap<>();
        for (Path path : lines.inOrder()) {
            path.branchAt(found.pos()).stream()
                    .filter(branch -> path.before(found.pos()).equals(common))
                    .forEach(branch -> shownBy.putIfAbsent(branch, path.tip().branch()));
        }
        var siblings = new ArrayList<Sibling>();
        database.sql("""
                select %s, m.branch
                from (
                    select branch, id, role, attachments, metadata, status, error, source, payment_id, created_at,
                        case when sum(bytes) over (order by branch) - bytes < %d then parts else '[]' end as parts
                    from unnest(:branches::int[]) as line (number), lateral (
                        select *
                        from chatkeep.message
                        where user_id = :user and chat_id = :chat and branch = line.number and pos = :pos
                        limit 1
                    ) at_pos
                ) m
                order by branch
                """.formatted(Message.COLUMNS, Messages.MAX_PAGE_BYTES))
                .param("user", userId)
                .param("chat", chatId)
                .param("pos", found.pos())
                .param("branches", shownBy.keySet().toArray(Integer[]::new))
                .query(row -> {
                    int branch = row.getInt("branch");
                    siblings.add(new Sibling(
                            shownBy.getOrDefault(branch, branch),
                            lines.shown().shows(branch, found.pos()),
                            Message.read(row, 1)));
                });
        return List.copyOf(siblings);
    }

    /// Shows the line that ends on this branch. Doing it again changes nothing.
    ///
    /// @throws NotFound for a missing branch, or a missing or foreign chat
    /// @throws Gone for a chat in the trash
    public Chat show(UUID userId, String chatId, int branch) {
        Ids.check("chatId", chatId);
        return database.inTransaction(() -> {
            Lines lines = lines(userId, chatId, "for update");
            Path path = Optional.ofNullable(lines.all().get(branch)).orElseThrow(Branches::noBranch);
            if (!path.equals(lines.shown())) {
                keep(userId, chatId, lines.shown());
                change(userId, chatId, path, 0);
            }
            return database.sql("select %s from chatkeep.chat c where user_id = :user and id = :chat"
                            .formatted(Chat.COLUMNS))
                    .param("user", userId)
                    .param("chat", chatId)
                    .query((row, n) -> Chat.read(row))
                    .single();
        });
    }

    /// Deletes a branch that is not shown, with those that leave it.
    ///
    /// @return how many messages there were
    /// @throws NotFound for a missing branch, or a missing or foreign chat
    /// @throws Gone for a chat in the trash
    /// @throws Conflict when the shown line has messages of it, or it is being answered
    public int delete(UUID userId, String chatId, int branch) {
        Ids.check("chatId", chatId);
        return database.inTransaction(() -> {
            Lines lines = lines(userId, chatId, "for update");
            if (!lines.all().containsKey(branch)) {
                throw noBranch();
            }
            if (has(lines.shown(), branch)) {
                throw new Conflict("branch_shown", "This branch is shown. Show another one first.");
            }
            var gone = new TreeSet<Integer>();
            lines.all().forEach((tip, path) -> {
                if (has(path, branch)) {
                    gone.add(tip);
                }
            });
            return delete(userId, chatId, lines.shown(), gone.toArray(Integer[]::new));
        });
    }

    private int delete(UUID userId, String chatId, Path shown, Integer[] branches) {
        boolean isAnswered = database.sql("""
                select exists (
                    select
                    from chatkeep.run
                    where user_id = :user and chat_id = :chat and status = 'streaming'
                        and branch = any(:branches::int[]))
                """)
                .param("user", userId)
                .param("chat", chatId)
                .param("branches", branches)
                .query(Boolean.class)
                .single();
        if (isAnswered) {
            throw new Conflict("run_active", "This branch is being answered. Wait until the answer has ended.");
        }
        int deleted = 0;
        for (int branch : branches) {
            deleted += deleteOne(userId, chatId, branch);
        }
        change(userId, chatId, shown, deleted);
        return deleted;
    }

    /// One at a time: for any of several the planner may read the whole chat.
    ///
    /// @return how many messages it had
    private int deleteOne(UUID userId, String chatId, int branch) {
        return database.sql("""
                with runs as (
                    delete from chatkeep.run where user_id = :user and chat_id = :chat and branch = :branch
                ), line as (
                    delete from chatkeep.chat_branch where user_id = :user and chat_id = :chat and branch = :branch
                )
                delete from chatkeep.message where user_id = :user and chat_id = :chat and branch = :branch
                """)
                .param("user", userId)
                .param("chat", chatId)
                .param("branch", branch)
                .update();
    }

    private static boolean has(Path path, int branch) {
        return path.segments().stream().anyMatch(segment -> segment.branch() == branch);
    }

    /// Where the message of this id is, in a chat that is locked and shows `shown`.
    public Optional<Found> find(UUID userId, String chatId, Path shown, String messageId) {
        return find(userId, chatId, new Lines(shown, saved(userId, chatId, shown)), messageId);
    }

    /// The message at this place of a path.
    public Optional<Found> at(UUID userId, String chatId, Path path, int branch, int pos) {
        return database.sql("""
                select branch, pos, role, status
                from chatkeep.message
                where user_id = :user and chat_id = :chat and branch = :branch and pos = :pos
                """)
                .param("user", userId)
                .param("chat", chatId)
                .param("branch", branch)
                .param("pos", pos)
                .query((row, n) -> read(row, path))
                .optional();
    }

    /// Whether the message at this place has these parts.
    public boolean has(UUID userId, String chatId, Found found, Json parts) {
        return database.sql("""
                select parts = :parts::jsonb
                from chatkeep.message
                where user_id = :user and chat_id = :chat and branch = :branch and pos = :pos
                """)
                .param("user", userId)
                .param("chat", chatId)
                .param("branch", found.branch())
                .param("pos", found.pos())
                .param("parts", parts.text())
                .query(Boolean.class)
                .single();
    }

    /// Whether any line, in a chat that is locked and shows `shown`, goes on behind the message at this place.
    public boolean goesOn(UUID userId, String chatId, Path shown, int branch, int pos) {
        return Stream.concat(Stream.of(shown), saved(userId, chatId, shown).values().stream())
                .anyMatch(path -> path.shows(branch, pos) && path.after(pos).isPresent());
    }

    /// A line that has the message at this place, in a chat that is locked and shows `shown`.
    public Path pathOf(UUID userId, String chatId, Path shown, int branch, int pos) {
        return new Lines(shown, saved(userId, chatId, shown))
                .inOrder().stream()
                        .filter(path -> path.shows(branch, pos))
                        .findFirst()
                        .orElseThrow(Branches::noBranch);
    }

    /// Whether a chat has as many branches as it may have.
    public boolean areTooMany(UUID userId, String chatId) {
        return database.sql("""
                select count(*) >= :most from chatkeep.chat_branch where user_id = :user and chat_id = :chat
                """)
                .param("user", userId)
                .param("chat", chatId)
                .param("most", MOST - 1)
                .query(Boolean.class)
                .single();
    }

    private Optional<Found> find(UUID userId, String chatId, Lines lines, String messageId) {
        List<Found> places = database.sql("""
                select branch, pos, role, status
                from chatkeep.message
                where user_id = :user and chat_id = :chat and id = :message
                order by branch desc
                """)
                .param("user", userId)
                .param("chat", chatId)
                .param("message", messageId)
                .query((row, n) -> read(row, lines.shown()))
                .list();
        return lines.inOrder().stream()
                .flatMap(path -> places.stream()
                        .filter(place -> path.shows(place.branch(), place.pos()))
                        .map(place -> new Found(path, place.branch(), place.pos(), place.role(), place.status())))
                .findFirst();
    }

    private static Found read(ResultSet row, Path path) throws SQLException {
        return new Found(
                path,
                row.getInt("branch"),
                row.getInt("pos"),
                Role.of(row.getString("role")),
                Status.of(row.getString("status")));
    }

    /// Keeps a path that is not shown, or no longer, in a chat that is locked.
    public void keep(UUID userId, String chatId, Path path) {
        save(userId, chatId, path.tip().branch(), path);
    }

    private void save(UUID userId, String chatId, int branch, Path path) {
        database.sql("""
                insert into chatkeep.chat_branch (user_id, chat_id, branch, path)
                values (:user, :chat, :branch, :path::int[])
                on conflict (user_id, chat_id, branch) do update set path = excluded.path
                """)
                .param("user", userId)
                .param("chat", chatId)
                .param("branch", branch)
                .param("path", path.literal())
                .update();
    }

    /// Takes a message out of the paths that are not shown, in a chat that is locked; out of none when one of
    /// them would have too many gaps.
    void forget(UUID userId, String chatId, Path shown, int branch, int pos) {
        Map<Integer, Path> shorter = new TreeMap<>();
        saved(userId, chatId, shown).forEach((tip, path) -> {
            if (path.shows(branch, pos)) {
                shorter.put(tip, path.without(branch, pos).checked());
            }
        });
        shorter.forEach((tip, path) -> save(userId, chatId, tip, path));
    }

    /// All lines but the shown one, in a chat that is locked.
    void forgetAll(UUID userId, String chatId) {
        database.sql("delete from chatkeep.chat_branch where user_id = :user and chat_id = :chat")
                .param("user", userId)
                .param("chat", chatId)
                .update();
    }

    private void change(UUID userId, String chatId, Path path, int deleted) {
        database.sql("""
                with head as (
                    update chatkeep.user_head h
                    set change_seq = h.change_seq + 1, messages = h.messages - :deleted
                    where h.user_id = :user
                    returning h.change_seq
                )
                update chatkeep.chat
                set change_seq = head.change_seq, path = :path::int[], stored_messages = stored_messages - :deleted
                from head
                where user_id = :user and id = :chat
                """)
                .param("user", userId)
                .param("chat", chatId)
                .param("path", path.literal())
                .param("deleted", deleted)
                .update();
    }

    private record Row(Path path, boolean isDeleted) {}

    private Lines lines(UUID userId, String chatId, String lock) {
        Row chat = database.sql("""
                select path, is_deleted from chatkeep.chat where user_id = :user and id = :chat %s
                """.formatted(lock))
                .param("user", userId)
                .param("chat", chatId)
                .query((row, n) -> new Row(Path.of(Rows.matrix(row, "path")), row.getBoolean("is_deleted")))
                .optional()
                .orElseThrow(NotFound::chat);
        if (chat.isDeleted()) {
            throw Gone.chat(chatId);
        }
        Map<Integer, Path> all = saved(userId, chatId, chat.path());
        all.put(chat.path().tip().branch(), chat.path());
        return new Lines(chat.path(), all);
    }

    /// The paths that are not shown.
    private Map<Integer, Path> saved(UUID userId, String chatId, Path shown) {
        var saved = new TreeMap<Integer, Path>();
        database.sql("""
                select branch, path
                from chatkeep.chat_branch
                where user_id = :user and chat_id = :chat and branch <> :shown
                order by branch
                """)
                .param("user", userId)
                .param("chat", chatId)
                .param("shown", shown.tip().branch())
                .query(row -> {
                    saved.put(row.getInt("branch"), Path.of(Rows.matrix(row, "path")));
                });
        return saved;
    }

    private static NotFound noBranch() {
        return new NotFound("branch_not_found", "There is no such branch in this chat.");
    }
}
