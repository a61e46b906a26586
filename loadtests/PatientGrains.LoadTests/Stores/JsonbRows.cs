using Npgsql;
using NpgsqlTypes;

namespace PatientGrains.LoadTests.Stores;

/// <summary>What PostgreSQL takes of the same JSON without any of our logic: a JSONB row per resource, each commit synced.</summary>
internal sealed class JsonbRows : IAsyncDisposable
{
    /// <summary>Connections that insert single rows at once, so that the server can sync several commits together.</summary>
    public const int Connections = 16;

    /// <summary>Rows of one statement.</summary>
    private const int PerStatement = 500;

    private readonly NpgsqlDataSource _source;

    private JsonbRows(NpgsqlDataSource source) => _source = source;

    public static async Task<JsonbRows> Open(string connection)
    {
        var rows = new JsonbRows(NpgsqlDataSource.Create(connection));
        await using var make = rows._source.CreateCommand(
            "CREATE TABLE raw(no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body jsonb NOT NULL)");
        await make.ExecuteNonQueryAsync();
        return rows;
    }

    /// <summary>A COPY, and so a commit, for each group.</summary>
    public async Task Copy(IEnumerable<byte[][]> groups)
    {
        await using var connection = await _source.OpenConnectionAsync();
        foreach (var group in groups)
        {
            await using var copy = await connection.BeginBinaryImportAsync("COPY raw(body) FROM STDIN (FORMAT BINARY)");
            foreach (byte[] body in group)
            {
                await copy.StartRowAsync();
                await copy.WriteAsync(body, NpgsqlDbType.Jsonb);
            }
            await copy.CompleteAsync();
        }
    }

    /// <summary>INSERT ... VALUES of many rows, each statement a commit.</summary>
    public async Task InsertMany(IEnumerable<byte[][]> groups)
    {
        await using var connection = await _source.OpenConnectionAsync();
        foreach (var rows in groups.SelectMany(group => group.Chunk(PerStatement)))
        {
            await using var insert = new NpgsqlCommand(
                "INSERT INTO raw(body) VALUES " + string.Join(',', Enumerable.Range(1, rows.Length).Select(i => $"(${i})")), connection);
            foreach (byte[] body in rows)
                insert.Parameters.Add(new NpgsqlParameter { Value = body, NpgsqlDbType = NpgsqlDbType.Jsonb });
            await insert.ExecuteNonQueryAsync();
        }
    }

    /// <summary>A statement and a commit for each row.</summary>
    public async Task InsertEach(IReadOnlyList<byte[]> bodies)
    {
        int next = 0;
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => Task.Run(async () =>
        {
            await using var connection = await _source.OpenConnectionAsync();
            await using var insert = new NpgsqlCommand("INSERT INTO raw(body) VALUES ($1)", connection);
            var body = new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Jsonb, Value = bodies[0] };
            insert.Parameters.Add(body);
            await insert.PrepareAsync();
            for (int i = Interlocked.Increment(ref next) - 1; i < bodies.Count; i = Interlocked.Increment(ref next) - 1)
            {
                body.Value = bodies[i];
                await insert.ExecuteNonQueryAsync();
            }
        })));
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();
}
