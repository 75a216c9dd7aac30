package dev.chatkeep;

import dev.chatkeep.chat.Chats;
import dev.chatkeep.chat.Erasure;
import dev.chatkeep.chat.Erasures;
import dev.chatkeep.chat.GuestClaims;
import dev.chatkeep.chat.Trash;
import dev.chatkeep.db.Database;
import dev.chatkeep.db.Database.Outcome;
import dev.chatkeep.db.Migrations;
import dev.chatkeep.message.Branches;
import dev.chatkeep.message.Messages;
import dev.chatkeep.payment.FreeMessagePolicy;
import dev.chatkeep.payment.FreeMessages;
import dev.chatkeep.payment.OpenPayments;
import dev.chatkeep.payment.PaymentHistory;
import dev.chatkeep.payment.Payments;
import dev.chatkeep.run.Nodes;
import dev.chatkeep.run.Replies;
import dev.chatkeep.run.RunBegins;
import dev.chatkeep.run.RunEnds;
import dev.chatkeep.run.Runs;
import dev.chatkeep.user.Guests;
import dev.chatkeep.user.Identities;
import dev.chatkeep.user.Identity;
import dev.chatkeep.user.Nonces;
import dev.chatkeep.user.Profiles;
import dev.chatkeep.user.Revocations;
import dev.chatkeep.user.Sessions;
import dev.chatkeep.user.User;
import dev.chatkeep.user.Users;
import dev.chatkeep.user.Wallets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;

/// The front door: durable chats on a PostgreSQL database.
///
/// One instance per process and database. Its stores are thread-safe, and their methods join the transaction
/// that Spring knows on the same `DataSource`, of JDBC or JPA, if there is one. There a refusal
/// ([ChatkeepException]) that is caught has changed nothing, and leaves the transaction to be committed; any other
/// failure dooms it. Connections need not commit by themselves. What the database fails with is Spring's
/// `DataAccessException`, without anything that a row, a parameter or a statement holds.
public final class Chatkeep implements AutoCloseable {

    private static final Duration LEASE = Duration.ofSeconds(10);
    private static final Duration PURGE_EVERY = Duration.ofMinutes(10);
    private static final Duration SESSION_USE_EVERY = Duration.ofMinutes(1);
    private static final Duration STOPS_EVERY = Duration.ofSeconds(1);
    private static final Duration RUN_LOG_EVERY = Duration.ofMinutes(1);
    private static final Duration UNFINISHED_EVERY = Duration.ofSeconds(10);

    private final Database database;
    private final Users users;
    private final Sessions sessions;
    private final Chats chats;
    private final Messages messages;
    private final Branches branches;
    private final Replies replies;
    private final Nodes nodes;
    private final Trash trash;
    private final Profiles profiles;
    private final GuestClaims claims;
    private final Guests guests;
    private final Identities identities;
    private final Nonces nonces;
    private final Wallets wallets;
    private final Erasures erasures;
    private final FreeMessages freeMessages;
    private final Payments payments;
    private final PaymentHistory paymentHistory;
    private final OpenPayments openPayments;
    private final Platform platform;
    private final List<Housekeeping> chores;

    /// What may be chosen about a [Chatkeep].
    ///
    /// @param clock what time it is
    /// @param alone that no other node can be alive on this database, as with an embedded one: answers that an
    ///     earlier process left unfinished are then marked interrupted at once, not after a lease of 10 seconds
    /// @param trashKept how long a deleted chat can be restored; it is then deleted for good
    /// @param freeMessages how many a user has
    /// @param maxAnswerBytes the most that an answer holds, in bytes of its parts as JSON: 64 KiB to 64 MiB.
    ///     One that reaches it ends there, with finish reason `length`, and what it said is kept
    public record Options(
            InstantSource clock,
            boolean alone,
            Duration trashKept,
            FreeMessagePolicy freeMessages,
            long maxAnswerBytes) {

        /// The system's clock, other nodes, 30 days, any number, 16 MiB.
        public static final Options DEFAULT =
                new Options(InstantSource.system(), false, Duration.ofDays(30), FreeMessagePolicy.UNLIMITED);

        public Options {
            if (maxAnswerBytes < 64 << 10 || maxAnswerBytes > 64 << 20) {
                throw new IllegalArgumentException("an answer may hold 64 KiB to 64 MiB, not " + maxAnswerBytes);
            }
        }

        /// With answers of up to 16 MiB.
        public Options(InstantSource clock, boolean alone, Duration trashKept, FreeMessagePolicy freeMessages) {
            this(clock, alone, trashKept, freeMessages, 16 << 20);
        }
    }

    private Chatkeep(DataSource source, Options options) {
        this.database = new Database(source);
        UUID self = Ids.uuid();
        Runs runs = new Runs(database);
        RunBegins begins = new RunBegins(database, options.clock(), self, options.freeMessages());
        Revocations revocations = new Revocations(database, options.clock());
        this.sessions = new Sessions(database, options.clock(), revocations);
        this.users = new Users(database, options.clock(), sessions);
        this.chats = new Chats(database, options.clock());
        this.messages = new Messages(database, options.clock());
        this.branches = new Branches(database);
        RunEnds ends = new RunEnds(database, options.clock(), options.maxAnswerBytes());
        AtomicBoolean others = new AtomicBoolean();
        this.replies = new Replies(
                database,
                messages,
                begins,
                runs,
                ends,
                options.clock(),
                self,
                options.alone(),
                others::get,
                options.maxAnswerBytes());
        this.nodes = new Nodes(database, runs, ends, self, replies::isWriting, others::set, LEASE, options.alone());
        this.trash = new Trash(database, chats, options.clock());
        this.profiles = new Profiles(database);
        this.claims = new GuestClaims(database, sessions);
        this.nonces = new Nonces(database, options.clock());
        this.wallets = new Wallets(database, options.clock(), sessions);
        this.identities = new Identities(database, options.clock(), users, revocations);
        this.guests = new Guests(database, options.clock());
        this.freeMessages = new FreeMessages(database, options.clock(), options.freeMessages());
        this.payments = new Payments(database, options.clock());
        this.paymentHistory = new PaymentHistory(database);
        this.openPayments = new OpenPayments(database, payments);
        this.platform = new Platform(database);
        this.erasures = new Erasures(database, identities, sessions, options.clock());
        revocations.poll();
        this.chores = new CopyOnWriteArrayList<>(List.of(
                new Housekeeping("trash-purge", PURGE_EVERY, () -> trash.purge(options.trashKept())),
                new Housekeeping("session-revocations", Revocations.EVERY, revocations::poll),
                new Housekeeping("session-use", SESSION_USE_EVERY, sessions::recordUse),
                new Housekeeping("session-purge", PURGE_EVERY, sessions::purgeExpired),
                new Housekeeping("revocation-purge", PURGE_EVERY, revocations::purge),
                new Housekeeping("nonce-purge", PURGE_EVERY, nonces::purgeExpired),
                new Housekeeping("guest-purge", PURGE_EVERY, guests::purgeIdle),
                new Housekeeping("stop-requests", STOPS_EVERY, replies::obeyStops),
                new Housekeeping("run-log", RUN_LOG_EVERY, replies::emptyLog),
                new Housekeeping("network-purge", PURGE_EVERY, freeMessages::purge),
                new Housekeeping("guest-claims", UNFINISHED_EVERY, claims::finish),
                new Housekeeping("erasures", UNFINISHED_EVERY, erasures::finish)));
    }

    /// Brings the schema `chatkeep` of this database up to date and opens it. Other nodes may use it at the
    /// same time.
    public static Chatkeep open(DataSource source) {
        return open(source, Options.DEFAULT);
    }

    /// The same, not with the defaults.
    public static Chatkeep open(DataSource source, Options options) {
        Migrations.migrate(source);
        return new Chatkeep(source, options);
    }

    /// The user of an identity that was just proved. A guest who signs in for the first time stays who they
    /// are; the chats of one who turns out to have an account already are moved to it.
    ///
    /// @param guest who was signed in until now, if anyone
    public User signIn(Identity identity, Optional<UUID> guest) {
        User user = users.signIn(identity, guest);
        guest.filter(id -> !id.equals(user.id())).ifPresent(claims::finish);
        return user;
    }

    /// Deletes a user and everything that is theirs. When it returns they are signed out everywhere and their
    /// answers are stopped here; the rest is deleted in the background, also after a crash. In a transaction of the
    /// caller's all of it happens once that is committed.
    ///
    /// @return what [#erasures] tells more about
    public Erasure erase(UUID userId) {
        Erasure erasure = erasures.begin(userId);
        database.afterCompletion(outcome -> {
            if (outcome != Outcome.ROLLED_BACK) {
                replies.stopAll(userId);
                Thread.ofVirtual().name("erasure-" + erasure.receipt()).start(() -> erasures.finish(userId));
            }
        });
        return erasure;
    }

    /// Does `chore` every so often until this is closed. A failure is logged, and does not end it.
    public void attend(String name, Duration every, Runnable chore) {
        chores.add(new Housekeeping(name, every, chore));
    }

    /// Whether this node does its duty: false when its heartbeat has stood still for five seconds, as when the
    /// database is away. Others think it dead after ten.
    public boolean isAlive() {
        return nodes.isBeating();
    }

    public Erasures erasures() {
        return erasures;
    }

    public Profiles profiles() {
        return profiles;
    }

    public Users users() {
        return users;
    }

    public Identities identities() {
        return identities;
    }

    public Nonces nonces() {
        return nonces;
    }

    public Wallets wallets() {
        return wallets;
    }

    public Sessions sessions() {
        return sessions;
    }

    public Chats chats() {
        return chats;
    }

    public Messages messages() {
        return messages;
    }

    public Branches branches() {
        return branches;
    }

    public FreeMessages freeMessages() {
        return freeMessages;
    }

    public Payments payments() {
        return payments;
    }

    public PaymentHistory paymentHistory() {
        return paymentHistory;
    }

    public OpenPayments openPayments() {
        return openPayments;
    }

    public Platform platform() {
        return platform;
    }

    public Replies replies() {
        return replies;
    }

    public Trash trash() {
        return trash;
    }

    /// Ends what is being answered (as interrupted, stored) and signs off. The `DataSource` stays open.
    @Override
    public void close() {
        chores.forEach(Housekeeping::stop);
        chores.forEach(Housekeeping::close);
        replies.close();
        nodes.close();
    }
}
