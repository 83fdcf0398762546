-- gold.daily_customer_analytics from the table customer_days that parity/customer_days.sql gives: self-joins per day.
WITH snapshot AS (
  SELECT d.day, f.user_id,
    sum(f.orders) FILTER (f.partition_date = d.day) AS orders_today,
    sum(f.page_views) FILTER (f.partition_date = d.day) AS page_views,
    sum(f.sessions) FILTER (f.partition_date = d.day) AS sessions,
    sum(f.gross_revenue) AS gross, sum(f.refunds) AS refunds, sum(f.orders) AS orders_to_date,
    min(f.partition_date) FILTER (f.orders + f.other_currency_orders > 0) AS first_order_date,
    max(f.partition_date) FILTER (f.orders + f.other_currency_orders > 0) AS last_order_date,
    sum(f.orders + f.other_currency_orders) AS orders_all,
    sum(f.orders + f.other_currency_orders) FILTER (f.partition_date > d.day - 365) AS frequency_365d,
    sum(f.gross_revenue - f.refunds) FILTER (f.partition_date > d.day - 365) AS monetary_365d
  FROM days AS d JOIN customer_days AS f ON f.partition_date <= d.day
  GROUP BY ALL HAVING sum(f.orders + f.other_currency_orders) > 0
),
scored AS (
  SELECT *,
    ceil(5 * cume_dist() OVER (PARTITION BY day ORDER BY last_order_date))::INT AS r_score,
    ceil(5 * cume_dist() OVER (PARTITION BY day ORDER BY coalesce(frequency_365d, 0)))::INT AS f_score,
    ceil(5 * cume_dist() OVER (PARTITION BY day ORDER BY coalesce(monetary_365d, 0)))::INT AS m_score
  FROM snapshot
)
SELECT day AS partition_date, user_id, coalesce(orders_today, 0)::BIGINT AS orders_today,
  coalesce(page_views, 0)::BIGINT AS page_views, coalesce(sessions, 0)::BIGINT AS sessions,
  (gross - refunds)::DECIMAL(28, 4) AS total_spent, (gross - refunds)::DECIMAL(28, 4) AS lifetime_value,
  orders_to_date::BIGINT AS orders_to_date, first_order_date, last_order_date,
  (day - last_order_date)::INT AS recency_days, coalesce(frequency_365d, 0)::BIGINT AS frequency_365d,
  coalesce(monetary_365d, 0)::DECIMAL(28, 4) AS monetary_365d, r_score, f_score, m_score,
  CASE WHEN day - first_order_date <= 30 AND orders_all = 1 THEN 'New'
       WHEN r_score <= 2 AND (f_score + m_score) / 2 >= 3 THEN 'At Risk'
       WHEN r_score >= 3 AND (f_score + m_score) / 2 >= 4 THEN 'High Value'
       ELSE 'Regular' END AS customer_segment,
  first_order_date = day AS is_new_today
FROM scored
