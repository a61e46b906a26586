using System.Security.Cryptography;

namespace PatientGrains.Log.Sqlite;

/// <summary>
/// The tables. Commits lie in the order of arrival (a rowid table), because inserting at the end of one tree is several times as fast as
/// into a tree ordered by log; an index finds those of a log. A log's head is its last commit: no row is rewritten by an append.
/// <para>Lines of feeds grow at the end of each feed only. What the store learns by them, beside counts and times: which blinded log is due
/// when, how many lines each feed has, and which events of which blinded log they are; not what they say.</para>
/// </summary>
internal static class SqliteSchema
{
    public const int Version = 2;
    private const int ApplicationId = 0x50474C47;

    private const string Tables = """
        CREATE TABLE store(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE logs(no INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, wrapped BLOB NOT NULL, name BLOB NOT NULL);
        CREATE TABLE commits(
          position INTEGER PRIMARY KEY,
          log INTEGER NOT NULL, seq INTEGER NOT NULL, count INTEGER NOT NULL, hash BLOB NOT NULL, bytes BLOB NOT NULL);
        CREATE INDEX commits_by_log ON commits(log, seq);
        CREATE TABLE claims(key BLOB PRIMARY KEY, log INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE tokens(key BLOB NOT NULL, log INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY(key, log)) WITHOUT ROWID;
        CREATE TABLE snapshots(log INTEGER PRIMARY KEY, seq INTEGER NOT NULL, hash BLOB NOT NULL, bytes BLOB NOT NULL);
        """;

    /// <summary>Since version 2. A line of a log that was erased has log 0.</summary>
    private const string FeedTables = """
        CREATE TABLE feeds(
          feed INTEGER NOT NULL, number INTEGER NOT NULL, log INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY(feed, number)
        ) WITHOUT ROWID;
        CREATE TABLE due(log INTEGER PRIMARY KEY, at INTEGER NOT NULL);
        CREATE INDEX due_by_time ON due(at, log);
        """;

    /// <summary>Steps from an older version to the next, in order; the first is from version 1 to 2.</summary>
    private static readonly string[] Migrations = [FeedTables];

    /// <summary>Makes or checks the tables, in one transaction. Returns the store's id.</summary>
    public static string Prepare(SqliteDb db, string folder, ReadOnlySpan<byte> keyCheck)
    {
        long version = db.Scalar("PRAGMA user_version");
        long application = db.Scalar("PRAGMA application_id");
        bool isNew = version == 0 && application == 0 && db.Scalar("SELECT count(*) FROM sqlite_schema") == 0;
        if (!isNew && application != ApplicationId)
            throw new DataFolderException(DataFolderProblem.NotAStore, folder, $"The database in {folder} is not a log of this program.");
        if (version > Version)
        {
            throw new DataFolderException(
                DataFolderProblem.NewerFormat, folder,
                    $"The log in {folder} has format {version}; this program knows formats up to {Version}.");
        }
        if (!isNew && !CryptographicOperations.FixedTimeEquals(Get(db, "keycheck"), keyCheck))
        {
            throw new DataFolderException(
                DataFolderProblem.OtherKeyRing, folder,
                    $"The log in {folder} was made with another key ring. Nothing was changed; open it with its own.");
        }
        if (isNew || version < Version)
            MakeOrMigrate(db, isNew, version, keyCheck);
        return Convert.ToHexStringLower(Get(db, "id"));
    }

    private static void MakeOrMigrate(SqliteDb db, bool isNew, long version, ReadOnlySpan<byte> keyCheck)
    {
        db.Execute("BEGIN IMMEDIATE");
        if (isNew)
        {
            db.Execute(Tables + FeedTables);
            Put(db, "id", RandomNumberGenerator.GetBytes(16));
            Put(db, "keycheck", keyCheck);
        }
        else
        {
            for (long from = version; from < Version; from++)
                db.Execute(Migrations[from - 1]);
        }
        db.Execute($"PRAGMA application_id={ApplicationId}; PRAGMA user_version={Version}; COMMIT");
    }

    private static void Put(SqliteDb db, string name, ReadOnlySpan<byte> value)
    {
        using var put = db.Prepare($"INSERT INTO store VALUES('{name}', ?)");
        put.Bind(1, value).Run();
    }

    private static byte[] Get(SqliteDb db, string name)
    {
        using var get = db.Prepare($"SELECT value FROM store WHERE name='{name}'");
        return get.Step() ? get.Bytes(0) : [];
    }
}
