using Npgsql;

namespace PatientGrains.Host.Settings;

/// <summary>Where records are kept.</summary>
public enum StoreKind
{
    /// <summary>SQLite in the data folder, for one process.</summary>
    Sqlite,

    /// <summary>A PostgreSQL database, for any number of nodes.</summary>
    Postgres,

    /// <summary>Append blobs of a storage account, for any number of nodes.</summary>
    Azure,
}

/// <summary>Which store, and how it is reached.</summary>
public sealed partial record HostSettings
{
    /// <summary><c>sqlite</c>, <c>postgres</c> or <c>azure</c>.</summary>
    public string Store { get; init; } = "sqlite";

    /// <summary>Connection string of Npgsql; <see cref="PostgresFile"/> keeps a password out of environments and process lists.</summary>
    public string? Postgres { get; init; }

    /// <summary>A file that holds the connection string and nothing else.</summary>
    public string? PostgresFile { get; init; }

    /// <summary>Blob endpoint of the storage account, for example <c>https://records.blob.core.windows.net</c>.</summary>
    public string? AzureBlobs { get; init; }

    /// <summary>Table endpoint of the storage account, for clustering by tables.</summary>
    public string? AzureTables { get; init; }

    /// <summary>The container of the records; made when it is not there.</summary>
    public string AzureContainer { get; init; } = "patientgrains";

    /// <summary>Name of the storage account, with <see cref="AzureKeyFile"/>.</summary>
    public string? AzureAccount { get; init; }

    /// <summary>
    /// A file that holds the account's shared key. Null: what Azure.Identity finds (a managed identity, the environment, the command line's
    /// login).
    /// </summary>
    public string? AzureKeyFile { get; init; }

    /// <summary>The store that was chosen.</summary>
    /// <exception cref="SettingsException">There is no such store.</exception>
    public StoreKind StoreKind => Choice<StoreKind>(nameof(Store), Store);

    /// <summary>Whether the store is a folder that one process has for itself, and not one that other nodes write too.</summary>
    public bool IsEmbedded => StoreKind == StoreKind.Sqlite;

    /// <summary>The connection string.</summary>
    /// <exception cref="SettingsException">None is given, or two are, or the file cannot be read.</exception>
    internal string CheckedPostgres() => (Postgres, PostgresFile) switch
    {
        (null, null) => throw new SettingsException("Postgres: a connection string is needed, here or in the file PostgresFile."),
        (not null, not null) => throw new SettingsException("Postgres and PostgresFile say the same thing; give one of them."),
        (null, { } file) => ConnectionString(Secret(nameof(PostgresFile), file)),
        ({ } text, null) => ConnectionString(text),
    };

    private static string ConnectionString(string text)
    {
        try
        {
            _ = new NpgsqlConnectionStringBuilder(text);
            return text;
        }
        catch (Exception malformed) when (malformed is ArgumentException or FormatException)
        {
            // What Npgsql says of it may be a part of the password, one with a semicolon.
            throw new SettingsException("Postgres: this is no connection string of Npgsql, Key=Value;Key=Value. "
                + "A value with a semicolon, a quote or an equals sign in it stands in quotes.");
        }
    }

    /// <summary>Blob endpoint, and the account's key when one is used.</summary>
    /// <exception cref="SettingsException">Something is missing or no https URL; plain http is taken on loopback, and on a network that is
    /// trusted, for an emulator; it needs a key, since Azure.Identity sends no token in the clear.</exception>
    internal AzureAccess CheckedBlobs() => Account(nameof(AzureBlobs), AzureBlobs);

    /// <summary>The same for tables.</summary>
    /// <exception cref="SettingsException">As for blobs.</exception>
    internal AzureAccess CheckedTables() => Account(nameof(AzureTables), AzureTables);

    private AzureAccess Account(string name, string? text)
    {
        var access = new AzureAccess(Endpoint(name, text), AzureAccount, AzureKey());
        return access.Key is null && access.Endpoint.Scheme == "http"
            ? throw new SettingsException($"{name}: http needs AzureAccount and AzureKeyFile; without them only https.")
            : access;
    }

    private string? AzureKey()
    {
        if (AzureAccount is null != AzureKeyFile is null)
            throw new SettingsException("AzureAccount and AzureKeyFile go together; without both, Azure.Identity finds the credential.");
        return AzureKeyFile is null ? null : Secret(nameof(AzureKeyFile), AzureKeyFile);
    }

    private Uri Endpoint(string name, string? text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            throw new SettingsException($"{name}: '{text}' is not an http or https URL.");
        return url.Scheme == "https" || url.IsLoopback || TrustsNetwork
            ? url
            : throw new SettingsException($"{name}: beyond loopback only https, unless ClusterNetwork is trusted.");
    }

    /// <summary>The content of a secret's file, without the line's end that editors leave.</summary>
    private static string Secret(string name, string file)
    {
        try
        {
            string text = File.ReadAllText(file).Trim();
            return text.Length > 0 ? text : throw new SettingsException($"{name}: {file} is empty.");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"{name}: {file} cannot be read: {unreadable.Message}");
        }
    }

    /// <summary>A setting that is one of a few words.</summary>
    private static T Choice<T>(string name, string text)
        where T : struct, Enum
    {
        foreach (var choice in Enum.GetValues<T>())
        {
            if (string.Equals(choice.ToString(), text, StringComparison.OrdinalIgnoreCase))
                return choice;
        }
        string words = string.Join(", ", Enum.GetNames<T>().Select(word => word.ToLowerInvariant()));
        throw new SettingsException($"{name}: '{text}' is none of {words}.");
    }
}

/// <summary>How an endpoint of a storage account is reached.</summary>
/// <param name="Endpoint">The service.</param>
/// <param name="Account">Its account; null with <paramref name="Key"/>.</param>
/// <param name="Key">The shared key in base 64; null for Azure.Identity.</param>
internal sealed record AzureAccess(Uri Endpoint, string? Account, string? Key);
