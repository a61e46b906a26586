using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Npgsql;

namespace PatientGrains.Log.Postgres;

/// <summary>
/// The tables. Ids and blinded keys are of type uuid, which is PostgreSQL's name for 16 bytes that are compared as bytes.
/// <para>A commit's place is (log, seq, voids): <c>voids</c> counts the void commits that stand before it at the same event. The next place
/// of a log follows from its last commit, so the primary key is the fence: of two appends that build on one head, one finds the place
/// taken. No row is rewritten by an append. Erasure takes the next place too, by a row with count -1, which no reader sees.</para>
/// <para>What the server learns is what the embedded store tells its disk; see there.</para>
/// </summary>
internal sealed partial class PostgresSchema(string schema, string place)
{
    /// <summary>Numbers that a process takes from the sequence at once.</summary>
    public const int NumbersPerBlock = 256;

    /// <summary>Steps from each version to the next; the first makes version 1.</summary>
    private static readonly string[] Steps =
    [
        // Sealed bytes do not compress, so PostgreSQL shall not try: EXTERNAL.
        $"""
        CREATE SEQUENCE log_numbers INCREMENT BY {NumbersPerBlock};
        CREATE TABLE logs(no bigint PRIMARY KEY, id uuid NOT NULL UNIQUE, wrapped bytea NOT NULL, name bytea NOT NULL);
        CREATE TABLE commits(
          log bigint NOT NULL, seq bigint NOT NULL, voids int NOT NULL, count int NOT NULL, hash bytea NOT NULL, bytes bytea NOT NULL,
          PRIMARY KEY(log, seq, voids));
        ALTER TABLE commits ALTER COLUMN bytes SET STORAGE EXTERNAL;
        CREATE TABLE claims(key uuid PRIMARY KEY, log bigint NOT NULL);
        CREATE TABLE tokens(key uuid NOT NULL, log bigint NOT NULL, count int NOT NULL, PRIMARY KEY(key, log));
        CREATE TABLE snapshots(log bigint PRIMARY KEY, seq bigint NOT NULL, hash bytea NOT NULL, bytes bytea NOT NULL);
        ALTER TABLE snapshots ALTER COLUMN bytes SET STORAGE EXTERNAL;
        """,
        """
        CREATE TABLE feed_heads(feed smallint PRIMARY KEY, head bigint NOT NULL);
        CREATE TABLE feeds(feed smallint NOT NULL, number bigint NOT NULL, log bigint, seq bigint NOT NULL, PRIMARY KEY(feed, number));
        CREATE TABLE due(log bigint PRIMARY KEY, at bigint NOT NULL);
        CREATE INDEX due_by_time ON due(at, log);
        """,
    ];

    public static int Version => Steps.Length;

    /// <summary>Names are written into SQL as they are.</summary>
    public static bool IsName(string schema) => Name().IsMatch(schema);

    /// <summary>Makes, migrates or checks the tables, in one transaction; programs that start at once do it one after the other. Returns
    /// the store's id.</summary>
    public async Task<string> Prepare(NpgsqlConnection connection, ReadOnlyMemory<byte> keyCheck, int version, CancellationToken cancel)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
        await Run(connection, $"SELECT pg_advisory_xact_lock(hashtextextended('patientgrains.{schema}', 0))", cancel).ConfigureAwait(false);
        int present = await Present(connection, cancel).ConfigureAwait(false);
        if (present > Version)
        {
            throw new DataFolderException(DataFolderProblem.NewerFormat, place,
                $"The log in {place} has format {present}; this program knows formats up to {Version}.");
        }
        if (present > 0 && !CryptographicOperations.FixedTimeEquals(
            await Get(connection, "keycheck", cancel).ConfigureAwait(false), keyCheck.Span))
        {
            throw new DataFolderException(DataFolderProblem.OtherKeyRing, place,
                $"The log in {place} was made with another key ring. Nothing was changed; open it with its own.");
        }
        if (present < version)
            await MakeOrMigrate(connection, present, version, keyCheck, cancel).ConfigureAwait(false);
        byte[] id = await Get(connection, "id", cancel).ConfigureAwait(false);
        await transaction.CommitAsync(cancel).ConfigureAwait(false);
        return Convert.ToHexStringLower(id);
    }

    /// <summary>The version that is there, 0 when there is nothing.</summary>
    private async Task<int> Present(NpgsqlConnection connection, CancellationToken cancel)
    {
        string tables = $"SELECT count(*) FROM pg_tables WHERE schemaname='{schema}'";
        string ours = $"{tables} AND tablename='patientgrains_store'";
        if (await Scalar(connection, tables, cancel).ConfigureAwait(false) is 0L)
            return 0;
        if (await Scalar(connection, ours, cancel).ConfigureAwait(false) is 0L)
        {
            throw new DataFolderException(DataFolderProblem.NotAStore, place,
                $"In {place} there are tables of something else. Name another schema.");
        }
        return (await Get(connection, "version", cancel).ConfigureAwait(false))[0];
    }

    private async Task MakeOrMigrate(
        NpgsqlConnection connection, int present, int version, ReadOnlyMemory<byte> keyCheck, CancellationToken cancel)
    {
        try
        {
            if (present == 0)
            {
                if (await Scalar(connection, $"SELECT to_regnamespace('{schema}')::text", cancel).ConfigureAwait(false) is not string)
                    await Run(connection, $"CREATE SCHEMA {schema}", cancel).ConfigureAwait(false);
                await Run(connection, $"CREATE TABLE {schema}.patientgrains_store(name text PRIMARY KEY, value bytea NOT NULL)", cancel)
                    .ConfigureAwait(false);
                await Put(connection, "id", RandomNumberGenerator.GetBytes(16), cancel).ConfigureAwait(false);
                await Put(connection, "keycheck", keyCheck, cancel).ConfigureAwait(false);
            }
            await Run(connection, $"SET LOCAL search_path TO {schema}", cancel).ConfigureAwait(false);
            for (int step = present; step < version; step++)
                await Run(connection, Steps[step], cancel).ConfigureAwait(false);
            await Put(connection, "version", new[] { (byte)version }, cancel).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new DataFolderException(DataFolderProblem.MayNotCreate, place,
                $"The tables in {place} are missing or of format {present}, and this role may not make them: let it own the schema, "
                    + "or start once with a role that does.");
        }
    }

    private async Task Put(NpgsqlConnection connection, string name, ReadOnlyMemory<byte> value, CancellationToken cancel)
    {
        await using var put = new NpgsqlCommand(
            $"INSERT INTO {schema}.patientgrains_store VALUES('{name}', $1) ON CONFLICT(name) DO UPDATE SET value=excluded.value",
            connection);
        put.Parameters.Add(new NpgsqlParameter<ReadOnlyMemory<byte>> { TypedValue = value });
        await put.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }

    private async Task<byte[]> Get(NpgsqlConnection connection, string name, CancellationToken cancel)
    {
        string get = $"SELECT value FROM {schema}.patientgrains_store WHERE name='{name}'";
        return (byte[]?)await Scalar(connection, get, cancel).ConfigureAwait(false) ?? [];
    }

    private static async Task<object?> Scalar(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(cancel).ConfigureAwait(false);
    }

    private static Task Run(NpgsqlConnection connection, string sql, CancellationToken cancel) => Scalar(connection, sql, cancel);

    [GeneratedRegex(@"^[a-z_][a-z0-9_]{0,62}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
