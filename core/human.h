/* core/human.h - quantities as people read them in a table: short, one digit behind the point. What
 * they write is core/units.h's. Any thread. */
#ifndef SP_HUMAN_H
#define SP_HUMAN_H

#include <stdint.h>

enum { SP_HUMAN_MAX = 32 /**< bytes of the longest text, with its NUL */ };

/** Writes a size: "15 B", "2.0 KiB", "1.4 GiB". @param bytes below 0 counts as 0 */
void sp_human_size(double bytes, char text[SP_HUMAN_MAX]);

/** Writes a time: "12 s", "3 min", "5 h", "2 d". @param seconds below 0 counts as 0 */
void sp_human_age(int64_t seconds, char text[SP_HUMAN_MAX]);

#endif
