-- Connect to Spark and query (using new table structure):
SELECT
    customer_segment,
    COUNT(*) as customer_count,
    AVG(lifetime_value) as avg_ltv,
    AVG(total_spent) as avg_spent
FROM iceberg.gold.daily_customer_analytics
WHERE partition_date = CURRENT_DATE
GROUP BY customer_segment;
