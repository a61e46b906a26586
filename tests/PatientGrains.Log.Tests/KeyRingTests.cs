using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;

namespace PatientGrains.Log.Tests;

[SupportedOSPlatform("linux"), SupportedOSPlatform("macos")]
public sealed class KeyRingTests
{
    [Fact]
    public void A_ring_is_written_for_its_owner_only_and_reads_back_the_same()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "ring.json");
        using var made = KeyRing.Create(path);
        using var read = KeyRing.Open(path);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal(made.Derive("tokens"), read.Derive("tokens"));
        Assert.NotEqual(made.Derive("tokens"), read.Derive("index"));
        Assert.Equal(made.CheckValue.ToArray(), read.CheckValue.ToArray());
        Assert.Equal(made.SigningPublicKeyPem(), read.SigningPublicKeyPem());
        Assert.Equal([Path.GetFileName(path)], Directory.GetFiles(folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void A_ring_that_others_may_read_is_refused_and_none_is_ever_overwritten()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "ring.json");
        KeyRing.Create(path).Dispose();
        byte[] before = File.ReadAllBytes(path);
        Assert.Throws<KeyRingException>(() => KeyRing.Create(path));
        Assert.Equal(before, File.ReadAllBytes(path));
        foreach (var open in new[] { UnixFileMode.GroupRead, UnixFileMode.OtherRead, UnixFileMode.OtherWrite })
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | open);
            Assert.Contains("chmod 600", Assert.Throws<KeyRingException>(() => KeyRing.Open(path)).Message);
        }
        Assert.Throws<KeyRingException>(() => KeyRing.Open(path + "x"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"format":2,"current":1,"keys":{},"root":"","signing":""}""")]
    [InlineData("""{"format":1,"current":1,"keys":{"1":"AAAA"},"root":"AAAA","signing":"AAAA"}""")]
    [InlineData("""{"format":1,"current":1,"keys":{"x":null},"root":"!","signing":null}""")]
    public void A_malformed_ring_is_refused(string content)
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "ring.json");
        File.WriteAllText(path, content);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Throws<KeyRingException>(() => KeyRing.Open(path));
    }

    [Fact]
    public void Blinded_names_claims_and_tokens_of_one_text_differ_and_depend_on_the_ring()
    {
        using var ring = KeyRing.Ephemeral();
        using var other = KeyRing.Ephemeral();
        UInt128[] all =
        [
            ring.Blind(new LogName("Patient/a")).Value, ring.BlindClaim("Patient/a").Value, ring.BlindToken("Patient/a").Value,
            other.Blind(new LogName("Patient/a")).Value, ring.Blind(new LogName("Patient/b")).Value,
        ];
        Assert.Equal(all.Length, all.Distinct().Count());
        Assert.Equal(ring.BlindToken(new string('ä', 5000)), ring.BlindToken(new string('ä', 5000)));
    }

    [Fact]
    public void Blinding_is_HMAC_SHA_256()
    {
        for (int length = 0; length < 700; length += 13)
        {
            byte[] key = RandomNumberGenerator.GetBytes(32);
            string text = new('x', length);
            byte[] expected = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes("C" + text));
            using var blinding = new Blinding(key);
            Assert.Equal(new BlindKey(blinding.Of('C', text)), BlindKey.Read(expected));
        }
    }

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public async Task Rotation_wraps_every_data_key_anew_and_the_old_key_can_go(string kind)
    {
        await using var store = await Store.Make(kind);
        var sealers = Enumerable.Range(0, 7).Select(i => new Sealer(store.Ring, $"Patient/{i}")).ToList();
        foreach (var sealer in sealers)
            await store.Log.Append(new AppendBatch(sealer.Next()));
        await store.Log.Erase(sealers[6].Id);

        Assert.Equal(2u, store.Ring.Rotate());
        Assert.Throws<KeyRingException>(() => store.Ring.Remove(2));
        Assert.Equal(6, await KeyRotation.Rewrap(store.Log, store.Ring));
        Assert.Equal(0, await KeyRotation.Rewrap(store.Log, store.Ring));
        store.Ring.Remove(1);

        await store.Reopen();
        for (int i = 0; i < 6; i++)
            Assert.Equal($"Patient/{i}", store.Ring.NameOf((await store.Log.Find(sealers[i].Id))!).Text);
        Assert.True((await LogVerifier.Verify(store.Log, store.Ring)).IsSound);
        sealers.ForEach(s => s.Dispose());
    }

    [Fact]
    public async Task A_data_key_whose_wrapping_key_is_gone_says_so()
    {
        await using var store = new MemoryStore();
        using var sealer = new Sealer(store.Ring, "Patient/a");
        await store.Log.Append(new AppendBatch(sealer.Next()));
        store.Ring.Rotate();
        store.Ring.Remove(1);
        Assert.Contains("no key 1", (await Assert.ThrowsAsync<KeyRingException>(() => store.Open("Patient/a"))).Message);
        Assert.Equal(1, (await LogVerifier.Verify(store.Log, store.Ring)).BrokenLogs);
        Assert.True((await LogVerifier.Verify(store.Log)).IsSound);
    }

    [Fact]
    public async Task A_wrapped_key_does_not_open_for_another_log()
    {
        await using var store = new MemoryStore();
        using var a = new Sealer(store.Ring, "Patient/a");
        using var b = new Sealer(store.Ring, "Patient/b");
        await store.Log.Append(new AppendBatch(a.Next()));
        await store.Log.Append(new AppendBatch(b.Next()));
        var entries = (await store.Log.Logs(null, 2)).ToDictionary(e => e.Log);
        await store.Log.Rewrap(a.Id, entries[a.Id].WrappedKey, entries[b.Id].WrappedKey);
        var corrupt = await Assert.ThrowsAsync<LogCorruptException>(() => store.Open("Patient/a"));
        Assert.Contains("does not open", corrupt.What);
    }

    [Fact]
    public void No_two_seals_of_one_body_are_alike()
    {
        using var ring = KeyRing.Ephemeral();
        using var sealer = new Sealer(ring, "Patient/a");
        Assert.Equal(1000, Enumerable.Range(0, 1000)
            .Select(_ => Convert.ToHexString(
                sealer.Next(advance: false).Commit.Bytes.Span.Slice(CommitHeader.Size, CommitHeader.NonceSize))).Distinct().Count());
    }
}
