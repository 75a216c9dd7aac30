-- Mirrors ChatLists.list with search=lantern, which is in 10 of a user's 50 titles.
\set u random(1, :users)
with hit as materialized (
    select c.id, c.updated_at as list_time, case
        when starts_with(t.folded, :folded) then 2
        when t.terms @@ ('''' || lpad(:u::text, 12, '0') || 'lantern''')::tsquery then 1
        else 0 end as rank
    from (
        select *
        from chatkeep.chat_title
        where terms @@ (select ('''' || lpad(:u::text, 12, '0') || 'lantern'':*')::tsquery)
            and user_id is not distinct from lpad(:u::text, 32, '0')::uuid
        offset 0
    ) t
    join chatkeep.chat c on c.user_id = lpad(:u::text, 32, '0')::uuid and c.id = t.chat_id
    where c.user_id = lpad(:u::text, 32, '0')::uuid and not c.is_deleted
)
select c.id, c.user_id, c.title, c.created_at, c.updated_at, c.visibility, c.model_id, c.sandbox_id, c.is_deleted, c.deleted_at, c.last_context, c.change_seq, hit.rank, h.active_chats, h.deleted_chats, h.messages,
    (select count(*) from (select from hit limit 10001) counted) as total
from chatkeep.user_head h
left join lateral (
    select * from hit  order by rank desc, list_time desc, id limit 51 offset 0
) hit on true
left join chatkeep.chat c on c.user_id = lpad(:u::text, 32, '0')::uuid and c.id = hit.id
where h.user_id = lpad(:u::text, 32, '0')::uuid
order by hit.rank desc, hit.list_time desc, hit.id;
