namespace PatientGrains.Log.CrashChild;

/// <summary>A store as another process is told of it: its kind, a colon, and what that kind needs.</summary>
public static class Address
{
    /// <summary>A server that is slow, or away, is no failure.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    public static string OfFolder(string folder) => "sqlite:" + folder;

    public static string Of(PostgresLogOptions options) => $"postgres:{options.Schema}:{options.ConnectionString}";

    public static string Of(AzureBlobLogOptions options) =>
        $"azure:{options.AccountName}|{options.SharedKey}|{options.Container}|{options.AccountUrl}";

    public static async Task<IPatientLog> Open(string address, KeyRing ring, string pragmas = "") => address.Split(':', 2) switch
    {
        ["sqlite", var folder] => SqliteLog.Open(folder, ring, new SqliteTestSeams(Pragmas: pragmas)),
        ["postgres", var rest] => await OpenPostgres(rest.Split(':', 2), ring),
        ["azure", var rest] => await OpenAzure(rest.Split('|', 4), ring),
        _ => throw new ArgumentException("No address of a store.", nameof(address)),
    };

    private static async Task<IPatientLog> OpenAzure(string[] parts, KeyRing ring) => await AzureBlobLog.Open(
        new AzureBlobLogOptions
        {
            AccountName = parts[0],
            SharedKey = parts[1],
            Container = parts[2],
            AccountUrl = new Uri(parts[3]),
            // Whoever was killed is not waited for long.
            InDoubt = TimeSpan.FromSeconds(1),
            Patience = Patience,
            RequestTimeout = Patience,
        }, ring);

    private static async Task<IPatientLog> OpenPostgres(string[] parts, KeyRing ring) =>
        await PostgresLog.Open(
            new PostgresLogOptions(parts[1])
            {
                Schema = parts[0], AllowUnsyncedServer = true,
                ConnectTimeout = Patience, StatementTimeout = Patience, OutcomePatience = Patience,
            }, ring);
}
