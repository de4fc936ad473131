/* core/list.h - a doubly linked ring whose links live in the elements. One thread at a time. */
#ifndef SP_LIST_H
#define SP_LIST_H

#include <stdbool.h>
#include <stddef.h>

/** A link, and the head of a ring. An element is out of every ring while next is NULL. */
struct sp_link {
    struct sp_link *prev, *next;
};

/** The struct that holds a link. */
#define SP_CONTAINER(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

/** Makes a head an empty ring. */
static inline void sp_list_init(struct sp_link *head)
{
    head->prev = head->next = head;
}

/** Whether a ring has no element. */
static inline bool sp_list_empty(const struct sp_link *head)
{
    return head->next == head;
}

/** Puts an element at a ring's end; it must be out of every ring. */
static inline void sp_list_add(struct sp_link *head, struct sp_link *link)
{
    link->prev = head->prev;
    link->next = head;
    head->prev->next = link;
    head->prev = link;
}

/** Takes an element out of its ring; nothing happens when it is in none. */
static inline void sp_list_remove(struct sp_link *link)
{
    if (link->next == NULL)
        return;
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link->prev = link->next = NULL;
}

#endif
