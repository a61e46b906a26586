using PatientGrains.Host.Composition;
using PatientGrains.Host.Settings;

namespace PatientGrains.Host.Tests;

/// <summary>What a node may not be is refused before anything is opened, and the message names the setting.</summary>
public sealed class NodeSettingsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private HostSettings Postgres => new() { Store = "postgres", Postgres = "Host=127.0.0.1", KeyRing = _folder["ring.json"] };

    [Theory]
    [InlineData("Store", "oracle")]
    [InlineData("Role", "boss")]
    [InlineData("Clustering", "zookeeper")]
    [InlineData("ClusterNetwork", "perhaps")]
    public void A_word_that_is_none_of_a_settings_is_refused(string setting, string word)
    {
        string file = _folder["settings.json"];
        File.WriteAllText(file, $$"""{"{{setting}}":"{{word}}"}""");
        var settings = HostSettings.Load(file, new HostOverrides());
        Refused(setting, () => (settings.CheckedRole(), settings.StoreKind, settings.CheckedUrl(),
            (settings with { Url = "http://0.0.0.0:1" }).CheckedUrl()));
    }

    [Theory]
    [InlineData("SiloPort", "\"eleven\"")]
    [InlineData("Dashboard", "\"perhaps\"")]
    public void A_number_or_a_yes_or_no_that_is_none_is_refused(string setting, string value)
    {
        string file = _folder["settings.json"];
        File.WriteAllText(file, $$"""{"{{setting}}":{{value}}}""");
        Refused(setting, () => HostSettings.Load(file, new HostOverrides()), anywhere: true);
    }

    [Fact]
    public void A_connection_string_comes_from_the_settings_or_from_a_file_but_not_from_both()
    {
        string file = _folder["connection"];
        File.WriteAllText(file, "Host=db;Password=p\n");
        Assert.Equal("Host=127.0.0.1", Postgres.CheckedPostgres());
        Assert.Equal("Host=db;Password=p", (Postgres with { Postgres = null, PostgresFile = file }).CheckedPostgres());
        Refused("Postgres", () => (Postgres with { PostgresFile = file }).CheckedPostgres());
        Refused("Postgres", () => (Postgres with { Postgres = null }).CheckedPostgres());
        Refused("PostgresFile", () => (Postgres with { Postgres = null, PostgresFile = _folder["nowhere"] }).CheckedPostgres());
        File.WriteAllText(file, "\n");
        Refused("PostgresFile", () => (Postgres with { Postgres = null, PostgresFile = file }).CheckedPostgres());
    }

    /// <summary>What Npgsql says of a keyword that it does not know would be a part of the password.</summary>
    [Theory]
    [InlineData("Host=db;Password=se;cret=1")]
    [InlineData("Host=db;Password='se;cret")]
    [InlineData("Host=db;Port=cret;Password=se")]
    public void A_connection_string_that_is_none_is_refused_without_a_word_of_it(string text)
    {
        var refused = Assert.Throws<SettingsException>(() => (Postgres with { Postgres = text }).CheckedPostgres());
        Assert.StartsWith("Postgres: ", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("cret", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_storage_account_is_reached_by_https_and_by_one_credential()
    {
        string file = _folder["key"];
        File.WriteAllText(file, "a2V5\n");
        var azure = new HostSettings { Store = "azure", AzureBlobs = "https://a.blob.core.windows.net" };
        Assert.Null(azure.CheckedBlobs().Key);
        Assert.Equal("a2V5", (azure with { AzureAccount = "a", AzureKeyFile = file }).CheckedBlobs().Key);
        var keyed = azure with { AzureAccount = "a", AzureKeyFile = file };
        // Azure.Identity sends no token in the clear.
        Refused("AzureBlobs", () => (azure with { AzureBlobs = "http://127.0.0.1:10000/devstoreaccount1" }).CheckedBlobs());
        Assert.NotNull((keyed with { AzureBlobs = "http://127.0.0.1:10000/devstoreaccount1" }).CheckedBlobs());
        var clear = keyed with { AzureBlobs = "http://a.example.org" };
        Refused("AzureBlobs", () => clear.CheckedBlobs());
        Assert.NotNull((clear with { ClusterNetwork = "trusted" }).CheckedBlobs());
        Refused("AzureBlobs", () => (azure with { AzureBlobs = null }).CheckedBlobs());
        Refused("AzureTables", () => azure.CheckedTables());
        Refused("AzureAccount", () => (azure with { AzureAccount = "a" }).CheckedBlobs());
    }

    [Theory]
    [InlineData("Role", "silo")]
    [InlineData("Role", "gateway")]
    [InlineData("Clustering", "postgres")]
    [InlineData("Dashboard", "true")]
    public void One_process_alone_has_no_other_roles(string setting, string value)
    {
        var settings = setting switch
        {
            "Role" => Postgres with { Role = value },
            "Clustering" => Postgres with { Clustering = value },
            _ => Postgres with { Dashboard = bool.Parse(value) },
        };
        if (!Engine.Clusters)
            Assert.Contains("Engine=Orleans", Refused(setting, () => settings.CheckedRole()));
        else
            Assert.NotEqual("all", (settings with { ClusterNetwork = "trusted" }).CheckedRole().ToString());
    }

    [Fact]
    public void Records_do_not_cross_a_network_that_nobody_vouches_for()
    {
        var node = Postgres with { Clustering = "postgres", AdvertisedAddress = "192.0.2.7" };
        Refused("ClusterNetwork", () => node.CheckedAdvertised());
        Assert.Equal("192.0.2.7", (node with { ClusterNetwork = "trusted" }).CheckedAdvertised().ToString());
        Assert.Equal("127.0.0.1", (node with { AdvertisedAddress = "127.0.0.1" }).CheckedAdvertised().ToString());
        Refused("Url", () => (node with { Url = "http://192.0.2.7:8090" }).CheckedUrl());
        Assert.NotNull((node with { Url = "http://192.0.2.7:8090", ClusterNetwork = "trusted" }).CheckedUrl());
    }

    [Fact]
    public void A_nodes_certificate_comes_with_its_key_and_its_authority()
    {
        var node = Postgres with { ClusterCertificate = _folder["node.pem"] };
        Refused("ClusterCertificate", () => node.LoadNodeCertificate());
        Refused("ClusterCertificate", () => (node with { ClusterCertificateKey = "k", ClusterAuthority = "a" }).LoadNodeCertificate());
        Assert.Null(Postgres.LoadNodeCertificate());
    }

    [Fact]
    public void Nodes_that_share_a_store_make_no_key_ring_by_themselves()
    {
        Assert.Contains("keys init", Refused("KeyRing", () => Stores.Ring(Postgres)));
        Assert.False(File.Exists(_folder["ring.json"]));
    }

    private static string Refused(string setting, Func<object?> ask, bool anywhere = false)
    {
        string message = Assert.Throws<SettingsException>(ask).Message;
        if (anywhere)
            Assert.Contains(setting, message);
        else
            Assert.StartsWith(setting, message);
        return message;
    }

    public void Dispose() => _folder.Dispose();
}
