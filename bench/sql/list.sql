-- Mirrors ChatLists.list without a filter, 50 rows. Users are written as expressions of a number, here and in the
-- other files: pgbench has no other way to a random uuid.
\set u random(1, :users)
select c.id, c.user_id, c.title, c.created_at, c.updated_at, c.visibility, c.model_id, c.sandbox_id, c.is_deleted, c.deleted_at, c.last_context, c.change_seq, 0 as rank, h.active_chats, h.deleted_chats, h.messages, h.active_chats as total
from chatkeep.user_head h
left join lateral (
    select *
    from (select c.*, c.updated_at as list_time from chatkeep.chat c where c.user_id = lpad(:u::text, 32, '0')::uuid and not c.is_deleted) c
    order by list_time desc, id
    limit 51 offset 0
) c on true
where h.user_id = lpad(:u::text, 32, '0')::uuid
order by c.list_time desc, c.id;
