package dev.chatkeep.payment;

/// How a turn is paid: the part of the statements that begin and end a run which touches payments and free
/// messages. It is their part and not a statement of its own, so that a message, its answer and what was given for
/// it are committed together or not at all.
///
/// Each row is changed under its own condition, which PostgreSQL checks anew when it had to wait for another
/// turn: fifty turns at once take as many free messages as there are.
public final class Debit {

    /// Common table expressions that need `wanted`, which has one row when the turn is new and allowed otherwise.
    /// They end in `paid`, which then has one row if the turn is paid or costs nothing.
    ///
    /// A credit comes first: a settled payment that no message was answered for, of this turn or released by its
    /// own. Then a free message; that of a guest or a new account is taken from those of their network as well.
    public static final String BEGIN = """
            quota as materialized (
                select coalesce(f.own_limit, :limit::int) as most, f.own_limit is not null as is_own,
                    %s and :network::text is not null as is_shared,
                    f.used, f.window_ends_at, g.window_ends_at as network_window_ends_at
                from chatkeep.app_user u
                left join chatkeep.free_message f on f.user_id = u.user_id
                left join chatkeep.network_quota g on g.network = :network and %s
                where u.user_id = :user
            ), credit as (
                update chatkeep.payment p
                set is_spent = true
                from wanted cross join quota
                where quota.most is not null and :is_metered and p.user_id = :user and not p.is_spent and p.id = (
                    select id
                    from chatkeep.payment
                    where user_id = :user and status = 'settled' and not is_spent and price >= :price::numeric
                        and (reserved_until <= now() or (chat_id = :chat and turn_key = :key))
                    order by (chat_id = :chat and turn_key = :key) desc, settled_at, id
                    limit 1)
                returning p.id
            ), debit as (
                insert into chatkeep.free_message as f (user_id, used, first_used_at, last_used_at, window_ends_at)
                select :user, 1, :now, :now, now() + make_interval(secs => :window::float8)
                from wanted cross join quota left join credit on true
                where credit.id is null and :is_metered and quota.most > 0
                on conflict (user_id) do update
                set used = case when f.window_ends_at <= now() then 1 else f.used + 1 end,
                    first_used_at = coalesce(f.first_used_at, excluded.first_used_at),
                    last_used_at = excluded.last_used_at,
                    window_ends_at = case when f.window_ends_at > now() then f.window_ends_at
                        else excluded.window_ends_at end
                where coalesce(f.own_limit, :limit::int) > case when f.window_ends_at <= now() then 0 else f.used end
                returning f.window_ends_at
            ), shared as (
                insert into chatkeep.network_quota as g (network, used, last_used_at, window_ends_at)
                select :network, 1, :now, now() + make_interval(secs => :window::float8)
                from debit cross join quota
                where quota.is_shared
                on conflict (network) do update
                set used = case when g.window_ends_at <= now() then 1 else g.used + 1 end,
                    last_used_at = excluded.last_used_at,
                    window_ends_at = case when g.window_ends_at > now() then g.window_ends_at
                        else excluded.window_ends_at end
                where :per_network::int > case when g.window_ends_at <= now() then 0 else g.used end
                returning g.network
            ), paid as materialized (
                select 'payment' as paid_with, id as payment_id, null::timestamptz as free_until, null as network
                from credit
                union all
                select 'free', null, debit.window_ends_at, shared.network
                from debit cross join quota left join shared on true
                where shared.network is not null or not quota.is_shared
                union all
                select null, null, null, null
                from wanted cross join quota
                where not :is_metered or quota.most is null
            )""".formatted(FreeMessagePolicy.IS_SHARED, FreeMessagePolicy.IS_SHARED);

    /// What is told to whom it was refused, from `quota`: the limit, and when the window ends that is used up.
    public static final String REFUSAL = """
            (select most from quota) as free_limit,
            (select case when used >= most then window_ends_at else network_window_ends_at end from quota)
                as free_again_at""";

    /// Common table expressions that need `ended`, the run's row if it ended just now, and give back what it took
    /// when nothing came of it: a free message when it failed or was interrupted before its first word, a payment
    /// also when it failed later. The answer's own row is left to whoever ends it, who reads `credited`: a
    /// statement cannot update a row twice.
    public static final String END = """
            was as (
                select network from chatkeep.run where user_id = :user and chat_id = :chat and id = :run
            ), free_again as (
                update chatkeep.free_message f
                set used = greatest(f.used - 1, 0)
                from ended
                where f.user_id = :user and ended.paid_with = 'free' and :is_silent
                    and :status in ('failed', 'interrupted') and f.window_ends_at is not distinct from ended.free_until
            ), shared_again as (
                update chatkeep.network_quota g
                set used = greatest(g.used - 1, 0)
                from ended cross join was
                where g.network = was.network and :is_silent and :status in ('failed', 'interrupted')
            ), credited as (
                update chatkeep.payment p
                set is_spent = false, reserved_until = now()
                from ended
                where p.user_id = :user and p.id = ended.payment_id
                    and (:status = 'failed' or (:status = 'interrupted' and :is_silent))
                returning p.id
            ), unpaid as (
                update chatkeep.message m
                set payment_id = null
                from credited cross join ended
                where m.user_id = :user and m.chat_id = :chat and m.payment_id = credited.id
                    and (m.branch, m.pos) <> (ended.branch, ended.pos)
            )""";

    private Debit() {}
}
