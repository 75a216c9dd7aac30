-- Mirrors Messages.history, the oldest 30 messages.
\set u random(1, :users)
\set chat 1000000000000000 + random(1, :chats)
with c as (
    select * from chatkeep.chat where user_id = lpad(:u::text, 32, '0')::uuid and id = :chat
), segment as (
    select branch, first, last, sum(last - first + 1) over (order by first) - (last - first + 1) as before
    from c, unnest(c.path[1:500][1:1], c.path[1:500][2:2],
        c.path[1:500][3:3]) as s (branch, first, last)
), page as (
    select total,
        case when :newest then total - skip - :limit else skip end as above,
        case when :newest then total - skip else skip + :limit end as upto
    from (
        select coalesce(sum(last - first + 1), 0)::bigint as total,
            :offset::bigint + case
                when :after < 0 then 0
                when :newest then coalesce(sum(last - first + 1) filter (where last >= :after), 0)
                    - coalesce(sum(:after - first) filter (where :after between first and last), 0)
                else coalesce(sum(least(last, :after) - first + 1) filter (where first <= :after), 0)
            end as skip
        from segment
    ) t
)
select c.id, c.user_id, c.title, c.created_at, c.updated_at, c.visibility, c.model_id, c.sandbox_id, c.is_deleted, c.deleted_at, c.last_context, c.change_seq, m.id as m_id, m.role as m_role, case when m.status = 'streaming' then '[]' else m.parts end as m_parts, m.attachments as m_attachments, m.metadata as m_metadata, m.status as m_status, m.error as m_error, m.source as m_source, m.payment_id as m_payment_id, m.created_at as m_created_at, m.total, m.above, m.upto, m.m_row
from (
    select page.*, r.*,
        sum(r.bytes) over (order by r.m_row > 0, case when :newest then -r.m_row else r.m_row end) - r.bytes
            as bytes_before
    from page cross join lateral (
        select 0 as m_row, (null::chatkeep.message).*
        union all
        select s.pos, s.*
        from segment, lateral (
            select *
            from chatkeep.message
            where user_id = lpad(:u::text, 32, '0')::uuid and chat_id = :chat and branch = segment.branch
                and pos >= segment.first + greatest(page.above - segment.before, 0)
                and pos <= least(segment.last, segment.first + page.upto - segment.before - 1)
            order by branch, pos
            limit :limit
        ) s
        where not (select is_deleted from c)
    ) r
) m
left join c on m.m_row = 0
where m.m_row = 0 or m.bytes_before < 8388608
order by m.m_row > 0, case when :newest then -m.m_row else m.m_row end;
