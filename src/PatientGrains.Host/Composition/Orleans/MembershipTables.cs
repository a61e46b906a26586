using Npgsql;

namespace PatientGrains.Host.Composition;

/// <summary>
/// The tables in PostgreSQL in which silos find each other. Orleans's provider brings none: it reads the statements that it runs from a
/// table <c>OrleansQuery</c>, by key, and asks of each only the names of its parameters and columns
/// (https://learn.microsoft.com/dotnet/orleans/host/configuration-guide/adonet-configuration). So tables and statements are our own, and
/// made at each start; they hold addresses of silos and nothing of a record.
/// </summary>
internal static class MembershipTables
{
    /// <summary>Starts take turns: <c>CREATE ... IF NOT EXISTS</c> alone fails when two run at once.</summary>
    private const long Turn = 0x5047_4f52_4c45_414e;

    private const string Tables = """
        CREATE TABLE IF NOT EXISTS OrleansQuery (QueryKey varchar(64) PRIMARY KEY, QueryText varchar(8000) NOT NULL);
        CREATE TABLE IF NOT EXISTS patientgrains_cluster (id varchar(150) PRIMARY KEY, version integer NOT NULL DEFAULT 0);
        CREATE TABLE IF NOT EXISTS patientgrains_silo (
            cluster varchar(150) NOT NULL REFERENCES patientgrains_cluster (id), address varchar(45) NOT NULL, port integer NOT NULL,
            generation integer NOT NULL, name varchar(150) NOT NULL, host varchar(150) NOT NULL, status integer NOT NULL,
            proxy_port integer, suspected varchar(8000), started timestamptz(3) NOT NULL, alive timestamptz(3) NOT NULL,
            PRIMARY KEY (cluster, address, port, generation));
        """;

    private const string Silo = "cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation";

    private const string Rows = """
        SELECT c.id AS DeploymentId, s.address AS Address, s.port AS Port, s.generation AS Generation, s.name AS SiloName,
            s.host AS HostName, s.status AS Status, s.proxy_port AS ProxyPort, s.suspected AS SuspectTimes, s.started AS StartTime, s.alive AS IAmAliveTime,
            c.version AS Version
        FROM patientgrains_cluster c LEFT JOIN patientgrains_silo s ON s.cluster = c.id
        """;

    /// <summary>
    /// The whole table has one version: who changes a row must have seen the newest, and makes a newer one, or nothing happens.
    /// </summary>
    private const string Moved = """
        WITH moved AS (UPDATE patientgrains_cluster SET version = version + 1 WHERE id = @DeploymentId AND version = @Version RETURNING id)
        """;

    private static readonly Dictionary<string, string> Statements = new()
    {
        ["InsertMembershipVersionKey"] = """
            WITH made AS (INSERT INTO patientgrains_cluster (id) VALUES (@DeploymentId) ON CONFLICT DO NOTHING RETURNING id)
            SELECT count(*)::integer FROM made
            """,
        ["InsertMembershipKey"] = $"""
            {Moved}, made AS (
                INSERT INTO patientgrains_silo (cluster, address, port, generation, name, host, status, proxy_port, started, alive)
                SELECT id, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM moved
                RETURNING cluster)
            SELECT count(*)::integer FROM made
            """,
        ["UpdateMembershipKey"] = $"""
            {Moved}, changed AS (
                UPDATE patientgrains_silo SET status = @Status, suspected = @SuspectTimes, alive = @IAmAliveTime
                WHERE {Silo} AND EXISTS (SELECT FROM moved) RETURNING cluster)
            SELECT count(*)::integer FROM changed
            """,
        ["UpdateIAmAlivetimeKey"] = $"UPDATE patientgrains_silo SET alive = @IAmAliveTime WHERE {Silo}",
        ["MembershipReadRowKey"] = $"""
            {Rows} AND s.address = @Address AND s.port = @Port AND s.generation = @Generation WHERE c.id = @DeploymentId
            """,
        ["MembershipReadAllKey"] = $"{Rows} WHERE c.id = @DeploymentId",
        ["DeleteMembershipTableEntriesKey"] = """
            DELETE FROM patientgrains_silo WHERE cluster = @DeploymentId; DELETE FROM patientgrains_cluster WHERE id = @DeploymentId
            """,
        ["GatewaysQueryKey"] = """
            SELECT address AS Address, proxy_port AS ProxyPort, generation AS Generation FROM patientgrains_silo
            WHERE cluster = @DeploymentId AND status = @Status AND proxy_port > 0
            """,
        // 3 is an active silo.
        ["CleanupDefunctSiloEntriesKey"] =
            "DELETE FROM patientgrains_silo WHERE cluster = @DeploymentId AND alive < @IAmAliveTime AND status <> 3",
    };

    /// <summary>Makes what is missing and puts the statements in, whoever else does the same at the same time.</summary>
    public static async Task Create(string connectionString, CancellationToken cancel)
    {
        try
        {
            await using var connection = new NpgsqlConnection(connectionString);
            await connection.OpenAsync(cancel);
            await using var transaction = await connection.BeginTransactionAsync(cancel);
            await Run(connection, $"SELECT pg_advisory_xact_lock({Turn}); {Tables}", cancel);
            foreach (var (key, text) in Statements)
            {
                await Run(connection, """
                    INSERT INTO OrleansQuery VALUES ($1, $2) ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText
                    """, cancel, key, text);
            }
            await transaction.CommitAsync(cancel);
        }
        catch (Exception failed) when (failed is NpgsqlException or ArgumentException)
        {
            throw new Settings.SettingsException($"Clustering: the membership tables could not be made in PostgreSQL: {failed.Message}");
        }
    }

    private static async Task Run(NpgsqlConnection connection, string sql, CancellationToken cancel, params string[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (string value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync(cancel);
    }
}
