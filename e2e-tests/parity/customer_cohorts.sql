-- gold.customer_cohorts, from the customer days, cell by cell.
WITH customers AS (
  SELECT user_id, date_trunc('month', min(partition_date))::DATE AS cohort_month FROM customer_days
  WHERE orders + other_currency_orders > 0 GROUP BY ALL
),
months AS (SELECT DISTINCT date_trunc('month', day)::DATE AS month FROM days),
facts AS (
  SELECT cohort_month, date_trunc('month', partition_date)::DATE AS month, d.*
  FROM customer_days AS d JOIN customers USING (user_id)
),
cells AS (
  SELECT month, cohort_month,
    (SELECT count(*) FROM customers c WHERE c.cohort_month = g.cohort_month) AS size,
    (SELECT count(DISTINCT user_id) FROM facts f WHERE f.cohort_month = g.cohort_month AND f.month = g.month
       AND orders + other_currency_orders > 0) AS active,
    (SELECT coalesce(sum(orders), 0) FROM facts f WHERE f.cohort_month = g.cohort_month AND f.month = g.month) AS orders,
    (SELECT coalesce(sum(gross_revenue), 0) FROM facts f
      WHERE f.cohort_month = g.cohort_month AND f.month = g.month) AS gross,
    (SELECT coalesce(sum(refunds), 0) FROM facts f WHERE f.cohort_month = g.cohort_month AND f.month = g.month) AS refunds,
    (SELECT coalesce(sum(gross_revenue - refunds), 0) FROM facts f
      WHERE f.cohort_month = g.cohort_month AND f.month <= g.month) AS to_date
  FROM (SELECT month, cohort_month FROM months, (SELECT DISTINCT cohort_month FROM customers) WHERE month >= cohort_month) g
)
SELECT month AS partition_date, cohort_month, date_diff('month', cohort_month, month)::INTEGER AS months_since,
  size AS cohort_size, active AS active_customers, half_up(active, size, 6) AS "retention_rate*6",
  orders::BIGINT AS orders, gross::DECIMAL(28, 4) AS gross_revenue, refunds::DECIMAL(28, 4) AS refunds,
  (gross - refunds)::DECIMAL(28, 4) AS net_revenue, to_date::DECIMAL(28, 4) AS net_revenue_to_date,
  sign(to_date)::BIGINT * half_up((abs(to_date) * 10000)::HUGEINT, size, 0) AS "lifetime_value_per_customer*4"
FROM cells
